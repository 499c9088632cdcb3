import type { RandomBytes } from "../../model/random-bytes.ts";
import { Cursor, DamagedTrace } from "./cursor.ts";
import { Description } from "./description.ts";
import { MAGIC } from "./layout.ts";
import { readVersionSeven } from "./version-seven.ts";
import { readVersionSix } from "./version-six.ts";

/** Why a file cannot be read, or not wholly. `at`: the byte where that shows. */
export interface TraceProblem {
  reason: "damaged" | "big-endian" | "version";
  why: string;
  at: number;
}

export interface OpenedTrace {
  description: Description;
  /** Null when everything that describes the trace has been understood; otherwise what came before the damage is there. */
  problem: TraceProblem | null;
}

/** Whether these first bytes are those of trace-cmd's file format. */
export function isTraceDat(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.equals(head.subarray(0, MAGIC.length));
}

/** Reads what describes the trace, not the trace. Never throws for content. */
export function openTrace(source: RandomBytes): OpenedTrace {
  const description = new Description();
  const cursor = new Cursor(source, MAGIC.length);
  const refused = (reason: TraceProblem["reason"], why: string): OpenedTrace => ({
    description,
    problem: { reason, why, at: cursor.at },
  });
  try {
    if (!isTraceDat(source.read(0, MAGIC.length))) return refused("damaged", "it does not begin as a trace.dat does");
    const version = cursor.string(16);
    if (version !== "6" && version !== "7") return refused("version", `it is of version ${version}; 6 and 7 are read`);
    description.version = version === "6" ? 6 : 7;
    if (cursor.u8() !== 0) return refused("big-endian", "it was recorded on a big-endian machine");
    // The size of a long of the recording program, and that of a page of memory: pages of the trace have their own.
    cursor.u8();
    cursor.u32();
    if (description.version === 6) readVersionSix(cursor, description, source);
    else readVersionSeven(cursor, description, source);
  } catch (error) {
    if (!(error instanceof DamagedTrace)) throw error;
    return { description, problem: { reason: "damaged", why: error.message, at: error.at } };
  }
  if (description.layout === null) return refused("damaged", "its header_page is not understood");
  return { description, problem: null };
}
