/** A count with the place of its first case, for remarks. */
export interface Counted {
  count: number;
  example: string | null;
}

/** What a log of strace or ltrace showed, for `tells` and remarks. */
export class TracerTally {
  /** Lines: `read = parsed + skipped`, blank ones apart. */
  readonly lines = { read: 0, parsed: 0, skipped: 0, blank: 0 };
  forks = 0;
  threads = 0;
  execs = 0;
  argv = 0;
  ends = 0;
  childSignals = 0;
  /** SIGCHLDs that do not say which child (strace 4.6 and older, ltrace). */
  namelessSignals = 0;
  waits = 0;
  readonly failedForks: Counted = { count: 0, example: null };
  failedForksForLimit = 0;
  readonly failedExecs: Counted = { count: 0, example: null };
  readonly mode32: Counted = { count: 0, example: null };
  readonly spliced: Counted = { count: 0, example: null };
  /** Calls and errors of -c tables by name. */
  readonly summary = new Map<string, { calls: number; errors: number }>();
  note(counted: Counted, where: () => string): void {
    if (counted.count++ === 0) counted.example = where();
  }
}
