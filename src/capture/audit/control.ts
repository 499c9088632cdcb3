import type { AuditStatus } from "./messages.ts";
import type { RuleAbi } from "./process-calls.ts";

/** What is known of a rule that is loaded. */
export interface HostRule {
  /** AUDIT_FILTER_*, see `List` in rule.ts; -1: another one. */
  list: number;
  /** See `Action`; -1: another one. */
  action: number;
  /** Whether it is about a call that makes, changes or ends a process. */
  processCalls: boolean;
  key: string | null;
  /** What takes exactly this rule away again, for the control that listed it. */
  raw: Uint8Array | readonly string[];
}

/** Speaks to the kernel's audit system. Every method that changes something gives null when it is done, else why not. */
export interface AuditControl {
  /** Null when the kernel does not answer. */
  status(): AuditStatus | null;
  /** In the kernel's order; null when it does not answer. */
  rules(): HostRule[] | null;
  /** Appends `always,exit` for the process calls of one ABI. */
  add(abi: RuleAbi, key: string): string | null;
  remove(rule: HostRule): string | null;
  setEnabled(enabled: 0 | 1): string | null;
  close(): void;
}
