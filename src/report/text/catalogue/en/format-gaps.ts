/** What formats of logs cannot tell (`Tells` and gaps of src/formats); the older formats stand in gaps.ts. */
export const formatGaps = {
  "couldnot.identity.task-name-only": "{what:words}: the evidence has the name of its task and no file",
  "couldnot.pacct.no-files":
    "which files are executed: a record of process accounting has the first 15 bytes of the name and no path",
  "couldnot.pacct.no-argv": "with which arguments programs are executed: process accounting does not record them",
  "couldnot.pacct.cpu-in-ticks":
    "how much CPU the storm burns: accounting drops less than 10 ms of each process, and {without:count} of {ended:count} processes were that short ({ticks:count} {ticks#tick|ticks} of 10 ms in all)",
  "couldnot.pacct.v2-lineage": "who forks whom: records of version 2 have no PIDs",
  "couldnot.pacct.v2-reaper": "who is handed the dead: records of version 2 have no PIDs",
  "couldnot.pacct.none-reaped": "who is handed the dead: no record names a parent",
  "couldnot.pacct.orphans":
    "who forked the orphans: a record names the parent that a process had when it ended; {inferred:count} of {orphans:count} were joined with their parents by name and number",
  "couldnot.pacct.living-parents":
    "what forked without an exec: for {count:count} {count#process|processes} the parent has no record yet, so whether it forked or inherited them is not told",
  "couldnot.kernel-events.no-cpu": "how much CPU the storm burns: it is not worked out from the text of a trace",
  "couldnot.kernel-events.no-argv": "with which arguments programs are executed: no event of the kernel tells them",
  "couldnot.kernel-events.no-programs": "which programs are executed: {why:words}",
  "couldnot.kernel-events.no-forks": "who forks whom: {why:words}",
  "couldnot.kernel-events.no-reaper": "who is handed the dead: {why:words}",
  "couldnot.kernel-events.no-exit-status": "how the programs ended: {why:words}, so a crash cannot be told from an end",
  "couldnot.kernel-events.no-exits": "how long the processes lived: {why:words}",
  "couldnot.forkstat.no-files": "which files are executed: forkstat prints argument 0, which a process chooses itself",
  "couldnot.forkstat.no-argv":
    "with which arguments programs are executed: forkstat parts them by blanks, so they cannot be told apart",
  "couldnot.forkstat.no-forks": "who forks whom: {why:words}",
  "couldnot.forkstat.no-reaper": "who is handed the dead: forkstat does not print it",
  "couldnot.forkstat.no-exits": "{what:words}: {why:words}",
  "couldnot.forkstat.no-cpu": "how much CPU the storm burns: forkstat prints no CPU times",
  "couldnot.forkstat.nameless":
    "what some processes are called: in {lines:count} {lines#line|lines} the process was gone before forkstat could read its name",
  "couldnot.execsnoop.no-argv":
    "with which arguments programs are executed: without -q execsnoop parts them by blanks, so they cannot be told apart",
  "couldnot.execsnoop.no-forks":
    "who forks without executing anything: execsnoop tells who executed something, and no other forks",
  "couldnot.execsnoop.no-parents": "who forks whom: no line of execsnoop names a parent",
  "couldnot.execsnoop.no-reaper": "who is handed the dead: execsnoop prints what is executed, and nothing of ends",
  "couldnot.execsnoop.no-exits": "{what:words}: execsnoop prints what is executed, and nothing of ends",
  "couldnot.execsnoop.no-cpu": "how much CPU the storm burns: execsnoop prints no CPU times",
  "couldnot.execsnoop.bt.no-files":
    "which files are executed: execsnoop.bt prints argument 0, which a process chooses itself, before the exec; one that fails looks the same",
  "couldnot.execsnoop.bt.no-argv":
    "with which arguments programs are executed: execsnoop.bt parts them by blanks, so they cannot be told apart",
  "couldnot.execsnoop.bt.no-forks":
    "who forks without executing anything: execsnoop.bt tells who executes something, and no forks",
  "couldnot.execsnoop.bt.no-parents": "who starts what: this version of execsnoop.bt prints no parents",
  "couldnot.execsnoop.bt.no-reaper": "who is handed the dead: execsnoop.bt prints execs, and nothing of ends",
  "couldnot.execsnoop.bt.no-exits": "{what:words}: execsnoop.bt prints execs, and nothing of ends",
  "couldnot.execsnoop.bt.no-cpu": "how much CPU the storm burns: execsnoop.bt prints no CPU times",
  "couldnot.exitsnoop.no-files": "which files are executed: exitsnoop prints task names, and no files",
  "couldnot.exitsnoop.no-argv": "with which arguments programs are executed: exitsnoop prints none",
  "couldnot.exitsnoop.parent-at-end":
    "who forks whom: exitsnoop prints the parent that a process had when it ended; an orphan's is whoever inherited it",
  "couldnot.exitsnoop.no-ends": "{what:words}: {why:words}",
  "couldnot.exitsnoop.no-times": "how long the processes lived and how often it happens: {why:words}",
  "couldnot.exitsnoop.no-cpu": "how much CPU the storm burns: exitsnoop prints no CPU times",
  "couldnot.exitsnoop.only-failures":
    "which processes ended well: no line shows an end with status 0, because there was none or because -x hid them",
  "couldnot.atop.no-files": "which files are executed: atop prints task names, and no files",
  "couldnot.atop.no-argv":
    "with which arguments programs are executed: atop cuts command lines, and has none of processes that began and ended within an interval",
  "couldnot.atop.parent-at-end":
    "who forks whom: atop prints the parent that a process had when it ended; an orphan's is whoever inherited it",
  "couldnot.atop.no-ends":
    "{what:words}: no line is about a process that has ended; none did, or process accounting was off",
  "couldnot.atop.no-prg": "{what:words}: without lines PRG neither parents nor exit statuses are told",
  "couldnot.atop.no-prc": "how much CPU the storm burns: no line PRC is about a process that has ended",
  "couldnot.atop.cpu-in-ticks":
    "how much CPU the storm burns: accounting drops less than 10 ms of each process, and {without:count} of {ended:count} processes were that short ({ticks:count} {ticks#tick|ticks} in all)",
  "couldnot.atop.by-seconds":
    "how long the processes lived and which ended first: atop tells it by the second, and so of one interval at a time",
  "couldnot.atop.living-only":
    "what died between two samples: no line is about a process that has ended; none did, or process accounting was off",
  "couldnot.pidstat.living-only":
    "who forks, what is executed, how it ends, and how much CPU that burns: pidstat looks at /proc at the end of each interval; who is dead by then is not in it",
  "couldnot.execsnoop.no-times": "how often it happens: without -t or -T the lines of execsnoop have no times",
} as const;
