import { fromBytes, type Untrusted } from "../../model/text.ts";
import { readSmall } from "./read-small.ts";

/**
 * Some variables of a living process as it was started with them (proc_pid_environ(5)); it can have overwritten them. Only
 * those that are asked for are kept: the others may be secrets. Null when it is gone or not ours to read; of more than 64 KiB the rest is not looked at.
 */
export function environmentOf(pid: number, wanted: readonly string[]): Record<string, Untrusted> | null {
  const bytes = readSmall(`/proc/${pid}/environ`);
  if (bytes === null) return null;
  const found: Record<string, Untrusted> = {};
  for (const entry of fromBytes(bytes).split("\0")) {
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(0, equals));
    if (wanted.includes(name)) found[name] ??= entry.slice(equals + 1);
  }
  return found;
}
