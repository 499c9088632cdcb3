import type { RandomBytes } from "../../model/random-bytes.ts";
import { kindOf, readRecord, RECORD_SIZE, type AcctRecord } from "./record.ts";

const CHUNK = 4096 * RECORD_SIZE;

/** Gets what is no record: where it begins, how long it is, its first bytes, and why. */
export type Unreadable = (at: number, why: string, beginning: Uint8Array) => void;

/**
 * The records of a file, in its order. Records have no mark of their own, so that one that was written in part (a full disk)
 * puts all that follow out of place: then the next place is looked for where two follow each other, or one ends the file.
 */
export function* recordsOf(bytes: RandomBytes, unreadable: Unreadable): Generator<AcctRecord> {
  let at = 0;
  let lost = -1;
  while (at < bytes.size) {
    const wanted = Math.min(CHUNK + RECORD_SIZE, bytes.size - at);
    const chunk = bytes.read(at, wanted);
    if (chunk.length === 0) break;
    // Fewer than there were: the file was cut while it was read.
    const isLast = at + chunk.length >= bytes.size || chunk.length < wanted;
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let offset = 0;
    const end = isLast ? chunk.length - RECORD_SIZE + 1 : CHUNK;
    while (offset < end && offset + RECORD_SIZE <= chunk.length) {
      const isRecord = kindOf(view, offset) !== 0 && (lost < 0 || isPlace(view, offset, isLast));
      if (isRecord) {
        if (lost >= 0) unreadable(lost, "no record of process accounting", beginningOf(bytes, lost, at + offset));
        lost = -1;
        yield readRecord(view, offset);
        offset += RECORD_SIZE;
      } else {
        if (lost < 0) lost = at + offset;
        offset++;
      }
    }
    if (isLast) {
      const rest = at + offset;
      if (lost >= 0) unreadable(lost, "no record of process accounting", beginningOf(bytes, lost, bytes.size));
      else if (rest < bytes.size)
        unreadable(rest, "the file ends within this record", beginningOf(bytes, rest, bytes.size));
      return;
    }
    at += offset;
  }
}

/** Whether records begin again here: another one follows, or nothing. */
function isPlace(view: DataView, offset: number, isLast: boolean): boolean {
  const next = offset + RECORD_SIZE;
  return next + RECORD_SIZE <= view.byteLength ? kindOf(view, next) !== 0 : isLast;
}

function beginningOf(bytes: RandomBytes, from: number, to: number): Uint8Array {
  return Uint8Array.from(bytes.read(from, Math.min(RECORD_SIZE, to - from)));
}
