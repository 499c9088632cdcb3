/**
 * What could not be looked at, and why; the codes are those of the rooms that look, with `couldnot.` before them.
 * Where a reason names a file, an error or a version, its own English words are part of the text in both languages.
 */
export const gaps = {
  "couldnot.tracefs.no-root": "kernel events: {why:words}",
  "couldnot.tracefs.missing": "kernel events: {why:words}",
  "couldnot.tracefs.lockdown": "kernel events: {why:words}",
  "couldnot.tracefs.busy": "kernel events: {why:words}",
  "couldnot.tracefs.mount-refused": "kernel events: {why:words}",
  "couldnot.tracefs.read-only": "kernel events: {why:words}",
  "couldnot.tracefs.no-instances": "kernel events: {why:words}",
  "couldnot.tracefs.no-instance": "kernel events: {why:words}",
  "couldnot.tracefs.big-endian": "kernel events: {why:words}",
  "couldnot.tracefs.format": "kernel events: {why:words}",
  "couldnot.tracefs.setup": "kernel events: {why:words}",
  "couldnot.tracefs.enable": "kernel events: {why:words}",
  "couldnot.tracefs.no-clock": "kernel events: {why:words}",
  "couldnot.tracefs.no-event": "{what:words}: {why:words}",
  "couldnot.tracefs.no-switches": "{what:words}: {why:words}",
  "couldnot.tracefs.no-calls": "{what:words}: {why:words}",
  "couldnot.procfs.pid-namespace": "{what:words}: {why:words}",
  "couldnot.identity.no-root-given": "{what:words}: {why:words}",
  "couldnot.identity.program-unknown":
    "{what:words}: its processes were gone before their file could be read, and no exec was seen",
  "couldnot.identity.relative-name": "{what:words}: the log names it relative to a folder that it does not tell",
  "couldnot.identity.no-package-manager": "{what:words}: {why:words}",
  "couldnot.supervisors.no-root-given": "{what:words}: {why:words}",
  "couldnot.supervisors.none-known": "{what:words}: {why:words}",
  "couldnot.supervisors.config-problems": "{what:words}: {why:words}",
  "couldnot.cpu.log-tells-none": "how much CPU the storm burns: the log has no CPU times",
  "couldnot.lifetimes.log-tells-none": "how long processes live and how they end: the log does not record every exit",
  "couldnot.exits.log-tells-none": "how the programs ended: without exit statuses a crash cannot be told from an end",
  "couldnot.argv.log-tells-none": "with which arguments programs are executed: the log does not record execve",
  "couldnot.lineage.log-tells-none":
    "who forks whom: the log does not record fork and clone; parents are known from other records only",
  "couldnot.programs.log-tells-none": "which programs are executed: {why:words}",
  "couldnot.lineage.tracer-saw-no-fork": "who forks whom: {why:words}",
  "couldnot.reaper.log-tells-none": "who is handed the dead: {why:words}",
  "couldnot.rate.slowed-by-tracer":
    "how fast it is when nobody traces it: strace and ltrace stop a process at every call, so rates are too low and times too long",
  "couldnot.times.log-tells-none": "how often it happens and how long processes live: the lines have no times",
  "couldnot.order.table-has-none": "who forks whom, when, and how it ends: a table of -c has no order in time",
  "couldnot.audit.lost": "{what:words}: {why:words}",
} as const;
