import { fromInterpreted } from "./interpreted-text.ts";
import { fromJournal } from "./journal-line.ts";

/** A record in other words, as auditd would have written it, in Latin-1. */
export interface Translated {
  line: string;
  /** True when its time is a local one of a zone that the log does not name. */
  local: boolean;
}

const SEPARATOR = /^(?:-{4}\s*$|time->\w{3} |<no matches>\s*$)/;
const MOST = 1 << 20;

/**
 * What another program made of audit records: `ausearch -i` (names instead of numbers, local times) and
 * `journalctl -o json _TRANSPORT=audit`. `"separator"` is a line that ausearch writes between events.
 * @returns null when it is none of them
 */
export function translated(bytes: Uint8Array, from: number, to: number): Translated | "separator" | null {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, MOST)).toString("latin1");
  if (SEPARATOR.test(line)) return "separator";
  if (line.startsWith("{")) return fromJournal(line);
  return fromInterpreted(line);
}

/** Whether a line is one of those, told by its beginning; for recognising a file. */
export function looksTranslated(line: string): boolean {
  return (
    /^(?:node=\S+ )?type=\S+ msg=audit\(\d+[/.-]\d+[/.-]\d+ [\d:]+\.\d{3}:\d+\) : /.test(line) ||
    (line.startsWith("{") && /"_AUDIT_(?:ID|TYPE)"\s*:/.test(line))
  );
}
