import type { Untrusted } from "../../model/text.ts";

/** A count with the place of its first case, for remarks. */
export interface Counted {
  count: number;
  example: string | null;
}

function none(): Counted {
  return { count: 0, example: null };
}

/** Counts one case; `where` is only asked for the first. */
export function note(counted: Counted, where: () => string): void {
  if (counted.count++ === 0) counted.example = where();
}

/** What a stream showed, for the ledger, for `tells` and for the remarks. */
export class Tally {
  forks = 0;
  execs = 0;
  exits = 0;
  /** Of those, how many have a status that `ausearch -i` did not print. */
  hiddenStatuses = 0;
  argv = 0;
  abnormalEnds = 0;
  syscalls = 0;
  forksBy32Bit = none();
  syscall2IsOpen = none();
  failedForks = none();
  /** Of those, how many failed with EAGAIN: a limit on processes. */
  failedForksForLimit = 0;
  failedExecs = none();
  unclearClone3 = none();
  lateRecords = none();
  orphanRecords = none();
  incompleteExecs = none();
  switchedOff = none();
  lossLines = none();
  cronSessions = none();
  kills = none();
  firstKill: { comm: Untrusted; exe: Untrusted | null; signal: number } | null = null;
  /** Highest `audit_lost=` of the kernel's own lines. */
  lost: number | null = null;
}
