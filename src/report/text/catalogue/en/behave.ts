/** `whoforks behave`: which calls a program makes, and whether its generations repeat them. */
export const behave = {
  "behave.tag.repeats": "REPEATS",
  "behave.tag.does-not-repeat": "DIFFERS",
  "behave.tag.no-generations": "NO GENERATIONS",
  "behave.tag.no-storm": "NO STORM",
  "behave.tag.could-not-look": "COULD NOT LOOK",

  "behave.repeats":
    "{repeating:count} of {whole:count} generations of {program} make exactly the same {calls:count} {calls#call|calls}",
  "behave.repeats-loosely":
    "{repeating:count} of {whole:count} generations of {program} make the same calls, some of them in loops of another length",
  "behave.does-not-repeat":
    "the generations of {program} differ: of {whole:count} no more than {repeating:count} make the same calls",
  "behave.no-generations": "no process of {program} was born and died within the window",
  "behave.few-generations":
    "only {whole:count} {whole#process|processes} of {program} were born and died within the window: too few to compare",
  "behave.no-storm":
    "{forksPerSecond:rate} forks a second and no storm among them; name a process: whoforks behave PID",
  "behave.no-calls": "{program} made no call within the window",
  "behave.not-caught": "no process of the storm was met: it may be over",
  "behave.records-lost": "the generations of {program} seem to differ, but records were lost, so that cannot be said",
  "behave.could-not-look": "no calls could be recorded",

  "behave.program": "{program}  {processes:count} {processes#process|processes}",
  "behave.label.each": "each",
  "behave.label.library": "library",
  "behave.label.differs": "differs",
  "behave.share":
    "{repeating:count} of {whole:count} whole lives[[; {loosely:count} when a loop of another length is the same]]",
  "behave.differs":
    "{count:count}×: call {at:count} is [[{instead:words}||missing]] instead of [[{common:words}||the end]]",
  "behave.others": "{count:count} more in other ways",
  "behave.no-call": "no call",
  "behave.more-calls": "{count:count} more {count#call|calls}",
  "behave.more-kinds": "{count:count} more {count#call|calls} (-v)",
  "behave.more-programs": "{count:count} more {count#program|programs} (-v)",
  "behave.unfinished": "(ended within it)",
  "behave.killed": "{count:count} ended by a signal",
  "behave.of-library": "({library:base})",
  "behave.error": "{error:words} ×{count:count}",
  "behave.column.call": "call",
  "behave.column.count": "count",
  "behave.column.time": "time",
  "behave.column.errors": "errors",
} as const;
