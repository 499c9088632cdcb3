/** What to do about a job, by the supervisor that it belongs to and by how its program ends. */
export const owners = {
  "advice.exit.not-executable":
    "make {program} executable, or start it through its interpreter: {end:end} is a file that may not be executed",
  "advice.exit.not-found":
    "look for a command in {program} that is not there: {end:end} is a shell that did not find one",
  "advice.exit.chdir":
    "look at WorkingDirectory= of the unit: {end:end} (CHDIR) is a folder that systemd could not enter",
  "advice.exit.exec": "look at ExecStart= of the unit: {end:end} (EXEC) is a program that systemd could not execute",
  "advice.exit.group": "look at Group= of the unit: {end:end} (GROUP) is a group that systemd did not find",
  "advice.exit.user": "look at User= of the unit: {end:end} (USER) is a user that systemd did not find",
  "advice.exit.namespace":
    "look at the paths that the unit binds and hides: {end:end} (NAMESPACE) is one that systemd could not set up",
  "advice.foreground":
    "have {program} stay in the foreground, as {supervisor} expects of {unit}: one that goes to the background ends at once, with success (options such as -f, -n, -D, --foreground, --no-daemon)",
  "advice.foreground.systemd":
    "have {program} stay in the foreground (options such as -f, -n, -D, --foreground), or say how it starts: {unit} has Type={expects}, and a program that goes to the background needs Type=forking",
  "advice.foreground.upstart":
    "have {program} stay in the foreground (options such as -f, -n, -D, --foreground), or say how it starts: {unit} has [[expect {expects}||no expect]], and a program that goes to the background needs expect fork or expect daemon",
  "advice.limit.systemd":
    "have {unit} wait between its starts and give up in time: RestartSec=, StartLimitIntervalSec=, StartLimitBurst= (systemctl edit)",
  "advice.limit.podman": "make the container of {unit} anew with --restart=on-failure:5 ({directive} in {file})",
  "advice.limit.systemd-user":
    "give {unit} a limit in the user's own drop-in (systemctl --user edit {unit}): RestartSec=5, StartLimitIntervalSec=60, StartLimitBurst=5 ({file}[[:{line}]])",
  "advice.limit.systemd.timer": "give {unit} a longer interval: {directive} in {file}[[:{line}]] (systemctl edit)",
  "advice.limit.systemd.socket":
    "limit how often {unit} starts {activates}: TriggerLimitBurst=, MaxConnectionsPerSource=, or one service for all connections with Accept=no ({file}[[:{line}]])",
  "advice.limit.systemd.path":
    "have {activates} take away what {unit} waits for, or watch for changes only (PathChanged=): {directive} in {file}[[:{line}]]",
  "advice.limit.upstart":
    "have {unit} wait between its starts and give up in time: respawn limit COUNT SECONDS, and a post-stop that sleeps (its override beside {file})",
  "advice.limit.sysvinit":
    "start {unit} once instead of respawn, or have its script wait before it ends ({file}[[:{line}]]): sysvinit has no limit that can be set",
  "advice.limit.runit":
    "have {unit} wait between its starts: a script finish beside {file} that sleeps; runit has no limit",
  "advice.limit.s6":
    "have {unit} give up in time: a script finish beside {file} that exits with 125 after too many ends (s6-permafailon), or sleeps",
  "advice.limit.cron": "run {unit} less often, and never twice at once: flock -n FILE COMMAND ({file}[[:{line}]])",
  "advice.limit.anacron": "give {unit} a longer period ({file}[[:{line}]])",
  "advice.limit.at": "have the job not queue itself again: at starts {unit} once ({file})",
  "advice.limit.rc.local": "look for a loop in {file}[[:{line}]]: rc.local starts {unit} once",
  "advice.limit.supervisord":
    "have {unit} count as failed in time: a longer startsecs=, a small startretries= ({file}[[:{line}]], then supervisorctl update)",
  "advice.limit.docker": "have the container {unit} give up in time: a policy of on-failure with a count",
  "advice.limit.containerd": "have the container {unit} give up in time: a policy of on-failure with a count ({file})",
  "advice.limit.dinit":
    "have {unit} wait between its starts and give up in time: restart-delay, restart-limit-count, restart-limit-interval ({file})",
  "advice.limit.pm2": "have {unit} wait longer after each end: --exp-backoff-restart-delay, --max-restarts ({file})",
  "advice.limit.kubelet":
    "mend the pod, or set restartPolicy: OnFailure or Never ({file}[[:{line}]]): the kubelet waits longer each time, but never gives up",
  "advice.limit.openrc":
    "have {unit} wait between its starts and give up in time: respawn_delay, respawn_max, respawn_period (/etc/conf.d/{unit})",
  "advice.limit.monit": "have monit give up in time: if 5 restarts within 5 cycles then unmonitor ({file}[[:{line}]])",
  "advice.limit.haproxy": "give the checks of {unit} a longer interval: {directive} in {file}[[:{line}]]",
  "advice.limit.keepalived": "give {unit} a longer interval: {directive} in {file}[[:{line}]]",
  "advice.limit.inetd": "limit how often {unit} is started: nowait.COUNT in {file}[[:{line}]], starts a minute",
  "advice.limit.xinetd": "limit how often {unit} is started: cps, instances, per_source ({file}[[:{line}]])",
} as const;
