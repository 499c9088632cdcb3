/**
 * The verdict and the steps of its story. Each is a clause without a final stop: the screen joins several to a
 * sentence. Syntax in ../../template.ts.
 */
export const story = {
  "verdict.self-replicating-chain":
    "{program} replaces itself[[ {perSecond:rate} times a second]]: each copy forks the next and exits (self-replicating chain)",
  "verdict.self-replicating-chain.impostor":
    "{program} replaces itself[[ {perSecond:rate} times a second]] (self-replicating chain), and it is not the {genuine:base} of package {package} ({genuine})",
  "verdict.respawn-loop":
    "[[{spawner}||something]] starts {program} {perSecond:rate} times a second: it ends and is started again (respawn loop)",
  "verdict.crash-loop":
    "{program} fails[[ ({end:end})]] and [[{spawner}||something]] starts it again, {perSecond:rate} times a second (crash loop)",
  "verdict.fork-bomb":
    "{program} multiplies: [[{perSecond:rate} forks a second, ]]up to {peakAlive:count} alive at once (fork bomb)",
  "verdict.shell-loop":
    "[[{spawner}||a shell]] starts [[{programs:list}||programs]] in a loop, {perSecond:rate} processes a second (shell loop)",
  "verdict.unclassified":
    "{program} is started {perSecond:rate} times a second[[ by {spawner}]], in a way that fits no known kind of storm",
  "verdict.build": "{program} runs a build: {perSecond:rate} short processes a second, each with work of its own",
  "verdict.healthy":
    "[[observed for {seconds:seconds}: ]]nothing wrong, {forksPerSecond:rate} forks a second, no storm",
  "verdict.inconclusive.no-source": "nothing could be observed, so nothing can be said",
  "verdict.inconclusive.proc-only":
    "{forksPerSecond:rate} forks a second were counted, but /proc alone does not name who forks",
  "verdict.inconclusive.few-events": "only {events:count} {events#event|events} seen: too few to judge",
  "verdict.inconclusive.no-process-records": "the log has no record of a fork, an exec or an exit",
  "verdict.inconclusive.reaper-only":
    "[[{reaper}||the traced process]] is handed {dead:count} dead children[[, most of them {program}]][[, {perSecond:rate} a second]][[; {exited:count} of them exited by themselves]][[; {killed:count} were killed by a signal]]; who forks them, this log cannot tell",
  "verdict.inconclusive.counts-only":
    "a table of {tool:words} -c counts {calls:count} calls, {forks:count} forks and {execs:count} execs among them, without any order in time: who forks whom, and how often, it cannot tell",
  "verdict.inconclusive.no-times":
    "{forks:count} forks and {execs:count} execs, no chain and no fork bomb among them; the log has no times, so how often it happens cannot be told",
  "verdict.inconclusive.no-forks":
    "{execs:count} execs[[, {perSecond:rate} a second]][[, most often {program}, {times:count} times]][[, started by {spawner}]]; the log tells no forks, so what forks without executing anything is not in it",
  "verdict.inconclusive.forks-fail":
    "{failedForksPerSecond:rate} forks a second fail, as they do at a limit on processes[[; most of them by {program}]]",
  "verdict.inconclusive.interrupted": "interrupted after {seconds:seconds}: too short to judge",

  "chain.symptom": "{forksPerSecond:rate} forks a second[[; {busyCpus:cpus} of {cpus:count} CPUs busy]]",
  "chain.symptom-log": "{forksPerSecond:rate} forks a second over {seconds:seconds} of the log",
  "chain.untimed-log": "{processes:count} processes of {program:base} in a log without times",
  "chain.short-lives": "one {program:base} lives {p50Ms:ms} (99% under {p99Ms:ms}), too short for top to see",
  "chain.origin": "{spawner} started the first {program:base}",
  "chain.origin-unknown": "the first {program:base} ran before the window began, so who started it was not seen",
  "chain.replicates":
    "each {program:base} forks {branching:rate} {branching#child|children} and exits without executing anything, {depth:count} generations deep",
  "chain.orphans": "{reaper}[[, {inside} in its container,]] gets [[{perSecond:rate} orphans a second||the orphans]]",
  "chain.reaper-busy": "it only reaps them, which takes {cpuShare:percent} of a CPU",
  "chain.reaper-innocent": "it only reaps them",
  "chain.fork-by-32-bit":
    "{count:count} {count#fork is a call|forks are calls} of 32-bit code ({machine}) in {program:base} on a 64-bit kernel: only there syscall=2 is fork",
  "chain.syscall-2-is-open":
    "{count:count} {count#record|records} with syscall=2 {count#is|are} of x86_64, where 2 is open: not counted as {count#a fork|forks}",
  "chain.32-bit-program": "{program} is 32-bit code ({machine}) on a 64-bit host",
  "chain.counted-by-systemd":
    "systemd itself has restarted {unit} {restarts:count} {restarts#time|times}; its last result is {result}",
  "chain.started-by": "{supervisor} starts {program:base}: {directive} in {file}[[:{line}]]",
  "chain.restarted-by": "{supervisor} starts {program:base} again when it ends: {directive} in {file}[[:{line}]]",
  "chain.checks-on-schedule":
    "health check of {unit}: {supervisor} runs {program:base} [[every {everySeconds:seconds}]], as {directive} in {file}[[:{line}]] has it",
  "chain.starts-on-schedule":
    "{supervisor} starts {program:base} [[every {everySeconds:seconds}||by its schedule]]: {directive} in {file}[[:{line}]]",
  "chain.starts-on-demand":
    "{supervisor} starts {program:base} whenever somebody asks: {directive} in {file}[[:{line}]]",
  "chain.schedule-forbids-rate":
    "so few starts do not make {perSecond:rate} a second: {program:base} itself does, not the schedule",
  "chain.limit-forbids-rate":
    "the limit[[ ({starts:count} starts in {seconds:seconds})]] forbids that rate: the chain makes the storm, not the respawn",
  "chain.limit-off": "no limit on restarts applies: none is set in {file}",
  "chain.limit.rate-unknown": "whether its limit allows that is not known: nothing tells how often it starts",
  "chain.limit.no-restart": "{supervisor} starts it once and not again when it ends: something else starts it",
  "chain.limit.delay-bounds-rate":
    "{supervisor} waits {delaySeconds:seconds} before each start, so no more than {maxPerSecond:rate} a second are its own: something else starts it too, or what runs is not what the file says now",
  "chain.limit.unlimited": "its limit is off[[; its delay leaves {maxPerSecond:rate} starts a second]]",
  "chain.limit.never-trips":
    "its limit of {starts:count} {starts#start|starts} in {seconds:seconds} is never reached: the wait before each start is too long for that, so it goes on for ever",
  "chain.limit.not-reached":
    "its limit of {starts:count} {starts#start|starts} in {seconds:seconds} is not reached: up to {maxPerSecond:rate} a second may go on for ever[[; {atOnce} bounds how many run at once, not how often]]",
  "chain.limit.burst-allowed":
    "its limit had not been reached yet: {burst:count} starts at once are allowed before {starts:count} in {seconds:seconds} counts[[; {atOnce} bounds how many run at once, not how often]]",
  "chain.limit.pauses":
    "{supervisor} should have paused it for {pauseSeconds:seconds} after {starts:count} {starts#start|starts} in {seconds:seconds}: something else starts it too, or what runs is not what the file says now[[; {atOnce} bounds how many run at once, not how often]]",
  "chain.limit.schedule": "its schedule has no more than one start in {everySeconds:seconds}, and no other limit",
  "chain.limit.on-demand":
    "no limit is set on how often it is asked for[[; {atOnce} bounds how many run at once, not how often]]",
  "chain.limit.backs-off":
    "{supervisor} waits {delaySeconds:seconds} before the first restart and longer each time, up to {longestSeconds:seconds}: no more than {starts:count} {starts#start|starts} in {seconds:seconds} are its own, something else starts it too",
  "chain.limit.back-off-begins":
    "no limit stops it, but {supervisor} waits longer each time: from {delaySeconds:seconds} up to {longestSeconds:seconds}, until a run lasts {resetAfterSeconds:seconds}",
  "chain.limit.back-off-anew":
    "the wait stays at {delaySeconds:seconds}: each run lasts more than {resetAfterSeconds:seconds}, after which {supervisor} begins anew",
  "chain.limit.has-none":
    "{supervisor} has no limit on restarts[[: it leaves {delaySeconds:seconds} between two, for ever]]",
  "chain.limit.end-not-restarted":
    "{share:percent} of its ends are of a kind after which {supervisor} does not start it again[[ ({directive} in {file}, line {line})]]: something else starts it",
  "chain.limit.lives-too-long":
    "its limit of {starts:count} {starts#start|starts} in {seconds:seconds} counts only runs of up to {minimumLifeSeconds:seconds}: these last longer, so it starts anew for ever",
  "chain.limit.would-have-stopped":
    "{supervisor} should have given up after {burst:count} starts, {afterSeconds:seconds} at this rate (limit: {starts:count} in {seconds:seconds}): something else starts it too, or what runs is not what the file says now",
  "chain.shadowed": "the command {command} finds {resolvesTo} before {shadows:list}",
  "chain.job-owner": "package {package} owns {file:base} but not {program}",
  "chain.impostor": "IMPOSTOR: no package owns {program}[[; the real one is {genuine} of package {package}]]",
  "chain.not-packaged": "{program} is UNPACKAGED: no package owns it, though it lies among packaged programs",
  "chain.modified": "{program} is MODIFIED: its content is not what [[package {package}||its package]] shipped",
  "chain.genuine": "{program} is genuine: its content is what package [[{package} {version} ||]]shipped",
  "chain.local": "{program} is local software: no package is expected to own it",
  "chain.deleted": "{program} is DELETED: its processes run from a file that is no longer there",
  "chain.memory-only": "{program} runs from MEMORY ONLY: it never had a file on a disk",
  "chain.unverifiable": "{program} belongs to package {package}, but there is nothing to compare its content with",
  "chain.respawns":
    "{spawner} starts {program:base} [[every {intervalMs:ms}||again and again]][[, {gapMs:ms} after it ended]]",
  "chain.ends": "{count:count} of {total:count} ends were {end:end}",
  "chain.all-clean": "all {count:count} ends were exit 0",
  "chain.bomb":
    "each {program:base} forks {branching:rate} {branching#child|children} and lives on, up to {peakAlive:count} alive at once",
  "chain.fork-refused": "{count:count} {count#fork was|forks were} refused (EAGAIN): a limit on processes was reached",
  "chain.shell": "{spawner}[[ running {script}]] starts {programs:list} over and over",
  "chain.build": "{program} starts {programs:list}; each does its part and ends",
  "chain.spawner": "[[{spawner}||a process that was not seen]] starts {share:percent} of all {program:base} processes",
} as const;
