import type { ProcessEvent } from "../model/events.ts";

/** First bytes of the file of events. */
export const EVENTS_MAGIC = "whoforks events 1\n";

/** Type of an event → its place here is the number in the file. Only ever appended to. */
export const EVENT_TYPES = [
  "fork",
  "exec",
  "exit",
  "child-signal",
  "seen",
  "image",
  "service",
  "fork-failed",
] as const satisfies readonly ProcessEvent["type"][];

/**
 * Of an event that tells where its program lies: what goes before it, the number in the file of that type with its place
 * after the other fields. Not among `EVENT_TYPES`, so that it stays clear of types to come.
 */
export const WITH_PLACE = { seen: 0x40, image: 0x41 } as const;

/** The number in the file of an exec whose arguments are not all there (`argvCut`), for the same reason. */
export const EXEC_CUT = 0x42;

/** Set in the byte of the type when the time is not a step from the last one. */
export const WHOLE_TIME = 0x80;

/** First byte of a number: less than 0xf0 is the number itself, these say what follows (little-endian). */
export const Code = { two: 0xf0, four: 0xf1, double: 0xf2, none: 0xfe, absent: 0xff } as const;

/** Either limit reached, both sides forget the texts known so far before the next event: memory stays bounded. */
export const MAX_TEXTS = 65_536;
export const MAX_TEXT_UNITS = 4 << 20;

/** Bytes of events that are packed into one frame; a single event may make it larger, but never beyond the bound. */
export const FRAME_BYTES = 64 << 10;
export const MAX_FRAME_BYTES = 64 << 20;

/** Two 32-bit lengths: packed and unpacked. */
export const FRAME_HEADER = 8;
