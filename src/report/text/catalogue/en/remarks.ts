/** What limits mean for a rate of starts (codes of src/supervisors), and what a log's reader noticed (codes of src/formats). */
export const remarks = {
  "limit.rate-unknown": "how often it starts is not known",
  "limit.no-restart": "started once and not started again when it ends",
  "limit.delay-bounds-rate":
    "waits {delaySeconds:seconds} before each start, so no more than {maxPerSecond:rate} a second are possible",
  "limit.unlimited": "no limit is set[[; its delay leaves {maxPerSecond:rate} starts a second]]",
  "limit.never-trips":
    "its limit of {starts:count} {starts#start|starts} in {seconds:seconds} is never reached: its delay leaves {maxPerSecond:rate} a second",
  "limit.not-reached":
    "stays below the limit of {starts:count} {starts#start|starts} in {seconds:seconds}, i.e. {maxPerSecond:rate} a second for ever",
  "limit.burst-allowed":
    "{burst:count} starts at once are allowed before the limit of {starts:count} in {seconds:seconds} acts",
  "limit.pauses":
    "{supervisor} pauses it for {pauseSeconds:seconds} after {starts:count} {starts#start|starts} in {seconds:seconds}",
  "limit.schedule":
    "started by a schedule: no more than once in {everySeconds:seconds}, i.e. {maxPerSecond:rate} a second",
  "limit.on-demand": "started as often as somebody asks for it: no limit is set",
  "limit.lives-too-long":
    "its limit of {starts:count} {starts#start|starts} in {seconds:seconds} counts only programs that end within {minimumLifeSeconds:seconds}: this one lives longer",
  "limit.would-have-stopped":
    "at this rate it would have given up after {burst:count} starts, {afterSeconds:seconds} (limit: {starts:count} in {seconds:seconds})",

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
