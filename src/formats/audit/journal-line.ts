import type { Translated } from "./translated.ts";

/**
 * A line of `journalctl -o json`: systemd-journald takes the records of the kernel apart (journald-audit.c) and keeps their number and
 * time in fields of its own:
 *
 *     {"_TRANSPORT":"audit","_AUDIT_TYPE":"1300","_AUDIT_ID":"72","_SOURCE_REALTIME_TIMESTAMP":"1795573107506000",
 *      "_HOSTNAME":"web1","MESSAGE":"SYSCALL arch=c000003e syscall=59 …"}
 *
 * @param line in Latin-1
 * @returns null when it is no audit record
 */
export function fromJournal(line: string): Translated | null {
  let entry: unknown;
  try {
    entry = JSON.parse(Buffer.from(line, "latin1").toString("utf8"));
  } catch {
    return null;
  }
  if (typeof entry !== "object" || entry === null) return null;
  const of = (name: string): string | null => textOf((entry as Record<string, unknown>)[name]);
  const message = of("MESSAGE");
  if (message === null) return null;
  const [type, id, time] = [of("_AUDIT_TYPE"), of("_AUDIT_ID"), of("_SOURCE_REALTIME_TIMESTAMP")];
  const host = of("_HOSTNAME");
  const node = host === null || /[\s\0]/.test(host) || host === "" ? "" : `node=${host} `;
  // Kernel messages come through the journal as well: `audit: type=1300 audit(…): …`, `audit: audit_lost=3 …`.
  if (type === null || id === null) return { line: node + message, local: false };
  if (time === null || !/^\d{13,17}$/.test(time) || !/^\d{1,10}$/.test(id) || !/^\d{1,5}$/.test(type)) return null;
  const stamp = `${time.slice(0, -6)}.${time.slice(-6, -3)}`;
  const body = message.replace(/^[A-Z][A-Z0-9_]*(?:\[\d+\])? +/, "");
  return { line: `${node}type=${type} msg=audit(${stamp}:${id}): ${body}`, local: false };
}

/** Text of a field in Latin-1: a string, or an array of bytes where it is not UTF-8; the first where there are several. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return Buffer.from(value, "utf8").toString("latin1");
  if (!Array.isArray(value)) return null;
  if (value.every((byte) => typeof byte === "number")) return Buffer.from(value).toString("latin1");
  return textOf(value[0]);
}
