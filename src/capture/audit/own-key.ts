import { isAlive, ownLife, type Life } from "../../platform/process-identity.ts";

/** `whoforks-PID-STARTTICKS-wasN`: whose rule it is, and whether auditing was on before (N as `enabled` of audit_status). */
const OWN = /^whoforks-(\d{1,10})-(\d{1,20})-was([01])$/;

/** What the key of a rule of ours says. */
export interface OwnKey {
  maker: Life;
  /** The switch as the first of the runs that overlap found it; the last of them puts it back. */
  enabledBefore: 0 | 1;
}

/** The key for this process's rules. */
export function ownKey(enabledBefore: 0 | 1): string {
  const { pid, startTicks } = ownLife();
  return `whoforks-${pid}-${startTicks}-was${enabledBefore}`;
}

/** Null for the key of somebody else's rule. A rule may have several keys, with \x01 between them; ours has one. */
export function parseOwnKey(key: string | null): OwnKey | null {
  const parts = key === null ? null : OWN.exec(key);
  if (parts === null) return null;
  const maker = { pid: Number(parts[1]), startTicks: parts[2] as string };
  return { maker, enabledBefore: parts[3] === "0" ? 0 : 1 };
}

/** Whether the run that made a rule still goes on. */
export function lives({ maker }: OwnKey): boolean {
  return isAlive(maker);
}
