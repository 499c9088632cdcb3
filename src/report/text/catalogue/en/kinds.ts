/** Verdict, mechanism and advice of the kinds that are told by what their detector found, and what speaks for them. */
export const kinds = {
  "verdict.zombie-accumulation":
    "{parent} does not wait for its children: {fresh:count} new zombies in {seconds:seconds}, {zombies:count} in all (zombie accumulation)",
  "chain.zombie-accumulation":
    "{fresh:count} {program:base} processes ended and stayed as zombies, because {parent} never called wait for them[[; it is PID 1 of a container and no init: {init}]]",
  "advice.zombie-accumulation":
    "have {parent} wait for its children; until then ending it hands the zombies to PID 1, which reaps them[[; {init} is PID 1 of its container: put an init before it (docker run --init, tini)]]",
  "reason.zombies-stay": "{share:percent} of the children of {parent} that ended stay as zombies",
  "reason.zombies-grow": "there are {fresh:count} more of them than when the look began, {zombies:count} in all",

  "verdict.thread-churn":
    "{maker} makes {perSecond:rate} threads a second and lets them end: threads, not processes (thread churn)",
  "chain.thread-churn":
    "{maker} made {processes:count} threads, each for a short piece of work[[; {alive:count} of them were left in the end]]; counters of forks count them as if they were processes",
  "advice.thread-churn": "have {program:base} keep a pool of threads instead of a new one each time",
  "reason.threads-of-one-process": "{maker} makes {share:percent} of the threads of its program",
  "reason.threads-end": "{share:percent} of the threads have ended",
  "reason.thread-ends-unknown": "the sources do not tell when threads end: it may be a large pool",

  "verdict.watchdog-pair":
    "{first} and {second} start each other again, {perSecond:rate} times a second in all: ending one of them is useless (watchdog pair)",
  "chain.watchdog-pair":
    "whichever ends, the other brings it back: {first} was started {firstStarts:count} {firstStarts#time|times} by {second}, and {second} {secondStarts:count} {secondStarts#time|times} by {first}",
  "advice.watchdog-pair":
    "stop both before you end either (kill -STOP, then kill -KILL for both): one that is ended alone is started again",
  "reason.start-each-other": "{first} and {second} start each other, {count:count} {count#time|times} in the window",
  "reason.starter-dead-first": "in {share:percent} of the cases the starter is dead before the one that it started",

  "verdict.polling-agent":
    "{spawner} starts [[{programs:list}||its helpers]] every {periodMs:ms}[[, up to {overlapping:count} of one at once, because they take longer than that]]: {perSecond:rate} processes a second (polling agent)",
  "chain.polling-agent":
    "{spawner} lives on and starts its helpers by the clock, every {periodMs:ms}, whether the last ones have ended or not[[; up to {overlapping:count} runs of one overlap]]",
  "advice.polling-agent":
    "give {spawner} a longer interval, or let it read what it wants without a program each time[[; runs that take longer than the interval pile up, up to {overlapping:count} so far]]",
  "reason.by-the-clock": "{spawner} starts them by the clock, every {periodMs:ms}",
  "reason.helpers-in-step": "{count:count} {count#program is|programs are} started at the same pace",
  "reason.several-a-tick": "{count:count} start at each tick",
  "reason.runs-overlap": "the next run starts while others live, up to {peakAlive:count} at once",

  "verdict.wrapper-explosion":
    "each run of this job starts {deep:count} programs in a row before {program:base} does the work, {actionsPerSecond:rate} runs a second (wrapper explosion)",
  "chain.wrapper-explosion":
    "[[{spawner}||a process that was not seen]] asked {actions:count} times, and each time one program became or called the next, {deep:count} in a row: {programs:list}",
  "advice.wrapper-explosion": "call {program} without its wrappers, or run it once for many jobs",
  "reason.program-in-program": "{deep:count} programs start in a row for each run",
  "reason.one-line":
    "each of {levels:count} {levels#level|levels} starts the next as often as the job is asked for, {actions:count} times",
  "reason.brought-back":
    "{spawner} brings the job back as a supervisor does: that is the cause, the wrappers make it dearer",

  "verdict.login-storm":
    "{loginsPerSecond:rate} logins a second reach {server}[[, {without:count} of all started nothing]]: each costs several processes (login storm)",
  "chain.login-storm":
    "{server} got {logins:count} connections and forked for each of them[[; {without:count} of them started nothing, as when a login is refused]][[; {sessions:count} started something: {programs:list}]]",
  "advice.login-storm":
    "see who logs in (journalctl, /var/log/auth.log, lastb): a script of yours can keep one connection open (ControlMaster), strangers are kept out by a firewall, MaxStartups and keys instead of passwords",
  "reason.login-server": "{server} is a login server",
  "reason.child-for-each-login": "{server} forked {count:count} times, once for each connection",
  "reason.sessions-last": "sessions last {p50Ms:ms}: somebody works there",

  "verdict.connection-storm":
    "{server} starts a process for each of {connectionsPerSecond:rate} connections a second (connection storm)",
  "chain.connection-storm":
    "{server} started {connections:count} processes, one for each connection[[: {programs:list}]]; traffic sets the pace, not a supervisor",
  "advice.connection-storm":
    "have a program that lives on serve the connections (FastCGI, a worker pool, Accept=no), limit their rate, or find out who connects that often",
  "reason.server-by-name": "{server} is a server that starts a process for each connection",
  "reason.listens": "{server} listens on {sockets:list}",
  "reason.as-many-accepted": "the host accepted {accepted:count} TCP connections meanwhile, about one for each",
  "reason.child-for-each": "{count:count} {count#process was|processes were} started by it",
  "reason.no-clock": "they start at no even pace",

  "verdict.cron-storm": "{cron} starts {jobs:count} jobs at once[[: {programs:list}]] (cron storm)",
  "chain.cron-storm":
    "{cron} started {jobs:count} jobs in the window, up to {piled:count} of one program alive at once; a minute is quiet but for its first seconds",
  "advice.cron-storm":
    "spread the jobs of {cron} over the minute or the hour (sleep $((RANDOM % 50)), other minutes, systemd timers with RandomizedDelaySec), and keep runs from overlapping (flock -n)",
  "reason.spawner-is-cron": "{spawner} starts jobs by the clock",
  "reason.many-jobs": "{count:count} jobs were started",
  "reason.one-burst": "all of them within {seconds:seconds}",
  "reason.at-the-minute": "they begin {second:rate} s after a full minute",
  "reason.not-at-the-minute": "they begin {second:rate} s after a full minute: cron starts its jobs at the minute",

  "verdict.timer-storm":
    "timers start {services:count} {services#service|services} every {periodMs:ms}[[: {programs:list}]], {perSecond:rate} processes a second (timer storm)",
  "chain.timer-storm":
    "[[{spawner}||systemd]] starts them [[as {timer} says, whether or not they ended||on whole seconds, as a timer does and a restart does not]], {processes:count} processes in the window",
  "advice.timer-storm":
    "give the timers longer intervals, or one service that lives on and waits by itself: each start costs a cgroup and a new process of systemd",
  "reason.spawner-is-systemd": "{spawner} is a systemd",
  "reason.timer-configured": "{unit} in {file}[[:{line}]] has systemd start it",
  "reason.on-the-second": "the mean interval is whole seconds ({periodMs:ms}), not the end of the last run and a pause",

  "verdict.health-check-storm":
    "{checksPerSecond:rate} checks a second are run by {shim}[[ inside containers, by {runtime}]]: {perSecond:rate} processes a second (health-check storm)",
  "chain.health-check-storm":
    "{shim} started [[{runtime} in containers that live on||a check]] {checks:count} times, each time with processes of its own[[: {programs:list}]]",
  "advice.health-check-storm":
    "give the checks a longer interval (docker inspect shows Healthcheck; a pod's periodSeconds; inter of haproxy), or let the service answer them over HTTP, TCP or gRPC instead of running a program",
  "reason.runtime-each-time": "{spawner} starts a container runtime {count:count} times",
  "reason.checker-by-name": "{spawner} asks by programs whether servers are well: {count:count} of them",
  "reason.no-new-shims": "no new containers start meanwhile",

  "verdict.container-restart-loop":
    "{manager} starts [[container {id}||containers]] again and again: {turns:count} starts in the window, with {perSecond:rate} processes a second around it (container restart loop)",
  "chain.container-restart-loop":
    "the container ended soon after each of {turns:count} starts, and {manager} started it again by its restart policy, with a new shim each time",
  "advice.container-restart-loop":
    "read why the container ends (docker logs, podman logs, kubectl logs --previous), and stop it meanwhile (docker update --restart=no, then docker stop; podman stop)",
  "reason.shim-each-time": "{spawner} starts a new shim {count:count} times",
  "reason.same-container": "it is the same container each time ({id})",
  "reason.containers-unknown": "which container each shim belongs to is not known: they may be different ones",

  "verdict.udev-storm":
    "[[{spawner}||udevd]] handles device events without an end: {perSecond:rate} processes a second[[ ({programs:list})]] (udev storm)",
  "chain.udev-storm":
    "for each event of the kernel [[{spawner}||udevd]] forks a worker or starts what a rule says, {processes:count} processes in the window",
  "advice.udev-storm":
    "see which device comes and goes (udevadm monitor, dmesg -w) and which rule starts a program for it (/etc/udev/rules.d, /usr/lib/udev/rules.d)",
  "reason.spawner-is-udev": "{spawner} handles the kernel's device events",
  "reason.spawner-is-kernel": "the kernel itself starts them ({spawner})",
} as const;
