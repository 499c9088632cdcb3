import type { AuditEvent } from "../../../src/formats/audit/events/event.ts";
import { loadCallNames } from "../../../src/formats/audit/events/calls.ts";
import { namesFrom, NO_NAMES, type KnownNames } from "../../../src/formats/audit/events/names.ts";
import { AuditEventReader, type EventCounts } from "../../../src/formats/audit/events/reader.ts";
import type { StreamReading } from "../../../src/formats/types.ts";

const calls = await loadCallNames();

export interface ReadEvents {
  events: AuditEvent[];
  counts: EventCounts;
  reading: StreamReading;
}

/** Reads text or bytes as one stream of audit records into whole events, cut into pieces of `size` bytes. */
export function readEvents(
  input: string | Uint8Array,
  { size = 1 << 20, names = NO_NAMES }: { size?: number; names?: KnownNames } = {},
): ReadEvents {
  const bytes = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  const events: AuditEvent[] = [];
  const reader = new AuditEventReader((event) => events.push(event), { names: namesFrom(names), calls });
  const piece = Buffer.alloc(Math.min(size, bytes.length + 1));
  for (let at = 0; at < bytes.length; at += size) {
    const length = Math.min(size, bytes.length - at);
    piece.set(bytes.subarray(at, at + length));
    reader.push(piece.subarray(0, length), "audit.log");
    piece.fill(0x41);
  }
  const reading = reader.end();
  return { events, counts: { ...reader.counts() }, reading };
}

export function eventsOf(input: string | Uint8Array): AuditEvent[] {
  return readEvents(input).events;
}
