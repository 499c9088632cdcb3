import type { Dialect } from "./reader.ts";

const LINES = 200;

/** How sure these first bytes are such text: half of its lines must have a leader, or be what stands between them. */
export function sniffTraceText(head: Uint8Array, dialect: Dialect): number {
  const bytes = Buffer.from(head);
  let zeros = 0;
  for (const byte of bytes.subarray(0, 4096)) if (byte === 0) zeros++;
  if (zeros > 64) return 0;
  const lines = bytes
    .toString("latin1")
    .split("\n", LINES)
    .map((line) => line.slice(0, 4096).replace(/\r$/, ""))
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  let own = 0;
  let others = 0;
  for (const line of lines)
    if (dialect.leader(line) !== null) own++;
    else if (dialect.isOther(line)) others++;
  return own > 0 && (own + others) * 2 >= lines.length ? 0.9 : 0;
}
