import type { Untrusted } from "../../model/text.ts";
import type { Telling } from "../told.ts";
import { isZeroed, layoutOf, recordAt, type LoginRecord } from "./utmp.ts";

/** The records of one file, and how many were wiped. */
export interface RecordsRead {
  records: LoginRecord[];
  /** Records that are nothing but zeros, between or before others. */
  zeroed: number;
}

/** Reads all records of a file. A rest that is less than a record is counted as not understood, as is an unknown type. */
export function readRecords(path: Untrusted, bytes: Buffer, skipped: number, telling: Telling): RecordsRead {
  const layout = layoutOf(bytes);
  const records: LoginRecord[] = [];
  let zeroed = 0;
  telling.nextFile();
  let at = 0;
  for (; at + layout.size <= bytes.length; at += layout.size) {
    const index = (at + skipped) / layout.size;
    const place = { file: path, at: `record ${index}`, quote: null };
    if (isZeroed(bytes, at, layout)) {
      zeroed++;
      continue;
    }
    const record = { ...recordAt(bytes, at, layout), index };
    if (record.type < 0 || record.type > 9) telling.skip(place, `type ${record.type}`);
    else if (!(record.ms > 0)) telling.skip(place, "no time");
    else if (telling.record(record.ms, place, true)) records.push(record);
  }
  if (at < bytes.length)
    telling.skip(
      { file: path, at: `byte ${at + skipped}`, quote: null },
      `${bytes.length - at} bytes, less than a record`,
    );
  return { records, zeroed };
}
