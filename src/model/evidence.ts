/** Where a number or a claim comes from, so that a report can always answer "how do you know". */
export interface Evidence {
  /** What told it: `tracefs`, `audit`, `/proc`, `dpkg`, or the path of a file. */
  source: string;
  /** Where in it: a line (`line 17`), a byte, a probe and time (`sched_process_fork @ 1.204 s`), a field. */
  locator: string;
  /** The words themselves, when they are short enough to show. Untrusted. */
  quote?: string;
}
