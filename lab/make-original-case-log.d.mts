export interface OriginalCaseLog {
  output: string;
  lines: number;
  events: number;
  /** Forks of the 32-bit impostor. */
  forks: number;
  /** `arch=c000003e syscall=2` records: open, not fork. */
  opens: number;
  seconds: number;
  wraps: number;
  pidMax: number;
  program: string;
}

export function makeOriginalCaseLog(options: {
  output: string;
  generations?: number;
  rate?: number;
  pidMax?: number;
  start?: number;
  seed?: number;
}): OriginalCaseLog;
