import type { Untrusted } from "./text.ts";

/** What an experiment that is over has shown, as its journal tells it. */
export interface PastExperiment {
  /** Names its journal. */
  id: string;
  /** When it began, ISO 8601 UTC by the clock of the host. */
  at: string;
  /** The program of the storm that was measured, and where its root lay. */
  exe: Untrusted;
  root: Untrusted;
  /** What was held, and how: `freeze`, `quarantine`, … */
  kind: string;
  target: Untrusted;
  outcome: "proven" | "refuted" | "inconclusive";
  /** Sentence of the outcome, with its numbers. */
  code: string;
  args: Record<string, unknown>;
  /** Probability that something without any effect gives this by chance, at the most; null unless proven. */
  errorRate: number | null;
  /** Starts a second while it was left alone, and while it was held; null where that was not measured. */
  freePerSecond: number | null;
  heldPerSecond: number | null;
}
