import type { LabOptions, RunningScenario, Truth } from "./lab.mjs";

export interface AuditRecording {
  log: string;
  bytes: number;
  lines: number;
  byType: Record<string, number>;
  /** The kernel's counter of lost records before and after. */
  lostBefore: number;
  lostAfter: number;
  auditd: "own" | "the host's";
  truth: Truth;
}

/** Runs a scenario under the real auditd and writes its log to `output`. */
export function recordAudit(
  name: string,
  options: Partial<LabOptions>,
  how: { output: string; during?: ((scenario: RunningScenario) => Promise<void>) | null },
): Promise<AuditRecording>;
