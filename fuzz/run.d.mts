/** What a run has found. `NaN` where a hang ended it. */
export interface Fuzzed {
  finding: string | null;
  input: Buffer | null;
  runs: number;
  seconds: number;
  inputs: number;
  reached: number;
  counters: number;
}

export const TARGETS: string[];
export function fuzz(
  target: string,
  options?: {
    seconds?: number;
    runs?: number;
    keep?: boolean;
    seed?: number;
    corpus?: string;
    hangMs?: number;
  },
): Promise<Fuzzed>;
