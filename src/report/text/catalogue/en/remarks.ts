/** What a log's reader noticed (codes of src/formats). */
export const remarks = {
  "tracer.lines": "lines of {tool:words}: {read:count} read, {skipped:count} of them not understood",
  "tracer.hidden": "no line of {tool:words} shows any of {calls:list}: hidden by a filter (-e), or never called",
  "tracer.failed-forks":
    "{count:count} {count#fork|forks} failed, {limit:count} of them because a limit was reached[[ ({example:words})]]",
  "tracer.failed-execs": "{count:count} {count#exec|execs} failed[[ ({example:words})]]",
  "tracer.mode-32": "{count:count} {count#process runs|processes run} 32-bit code[[ ({example:words})]]",
  "tracer.spliced":
    "{count:count} {count#line was|lines were} interrupted by a message of the tool[[ ({example:words})]]",
  "tracer.nameless-signals": "{count:count} {count#SIGCHLD does|SIGCHLDs do} not say which child ended",
  "tracer.set-back": "the clock was set back by {seconds:seconds}",
  "tracer.summary":
    "a table of {tool:words} -c: {calls:count} calls, {errors:count} of them failed, {forks:count} forks, {execs:count} execs; most often {top:list}",

  "audit.records": "audit records read",
  "audit.fork-by-32-bit":
    "{count:count} {count#fork|forks} by 32-bit code: only there syscall=2 is fork[[ ({example:words})]]",
  "audit.syscall-2-is-open":
    "{count:count} {count#record|records} with syscall=2 of x86_64, where 2 is open[[ ({example:words})]]",
  "audit.failed-forks":
    "{count:count} {count#fork|forks} failed, {limit:count} of them because a limit was reached[[ ({example:words})]]",
  "audit.failed-execs": "{count:count} {count#exec|execs} failed[[ ({example:words})]]",
  "audit.lost": "the kernel lost {lost:count} audit {lost#record|records}[[ ({example:words})]]",
  "audit.serial-gaps": "{gaps:count} serial {gaps#number|numbers} missing: lost, or left out by a filter",
  "audit.late-records":
    "{records:count} {records#record|records} after their event, {events:count} {events#event|events} out of order[[; the clock was set back by {setBackSeconds:seconds}]]",
  "audit.orphan-records": "{count:count} {count#event|events} without SYSCALL record[[ ({example:words})]]",
  "audit.incomplete-execs": "{count:count} {count#exec|execs} without all their arguments[[ ({example:words})]]",
  "audit.clone3-unclear":
    "{count:count} {count#call|calls} of clone3 that may have made a process or a thread[[ ({example:words})]]",
  "audit.no-process-records": "the log has no record of a process",
  "audit.several-hosts": "records of several hosts in one log: {hosts:list}",
  "audit.switched-off": "auditing was switched off meanwhile[[ ({example:words})]]",
  "audit.cron-sessions": "cron opened {count:count} {count#session|sessions}[[ ({example:words})]]",
  "audit.kills": "{count:count} {count#call|calls} of kill, the first by {comm}[[ ({example:words})]]",
} as const;
