/** What the records told, for `tells` and the account. */
export interface Told {
  ends: number;
  forks: number;
  execs: number;
  /** Processes whose record names who inherited them. */
  orphans: number;
  /** Of those, the ones whose true parent was worked out. */
  inferred: number;
  /** Forks without exec of processes whose name no record tells. */
  parentsUnnamed: number;
  /** Handed to a parent that is in the PID namespace. */
  reaped: number;
  cpuSeconds: number;
  /** Processes for which no tick of CPU time was counted. */
  withoutCpu: number;
}

/** Before the first record. */
export function nothingTold(): Told {
  return {
    ends: 0,
    forks: 0,
    execs: 0,
    orphans: 0,
    inferred: 0,
    parentsUnnamed: 0,
    reaped: 0,
    cpuSeconds: 0,
    withoutCpu: 0,
  };
}
