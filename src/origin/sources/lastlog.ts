import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { reasonOf } from "../../platform/errno.ts";
import { fileSource } from "../../platform/file-source.ts";
import { usersOf } from "../users.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

const LASTLOG = "/var/log/lastlog";
/** struct lastlog: time of 32 or 64 bits, line of 32 bytes, host of 256. */
const SIZES = [292, 296] as const;

/** lastlog (lastlog(5)): the last login of each user, at the place of its uid. Sparse: only the places of known users are read. */
export const lastlog: Source = {
  id: "lastlog",
  async look(question) {
    const telling = new Telling(this.id, question);
    let fd: number | null = null;
    try {
      fd = question.root.open(LASTLOG);
      if (fd === null) return null;
      telling.files.push(LASTLOG);
      const size = fs.fstatSync(fd).size;
      if (size === 0) return telling.end();
      const read = fileSource(fd);
      const unit = unitOf(size);
      for (const { name, uid } of usersOf(question.root)) {
        const at = uid * unit;
        if (at >= size) continue;
        const place = { file: LASTLOG, at: `record ${uid}`, quote: null };
        const record = Buffer.from(read(at, unit));
        if (record.length < unit) {
          telling.skip(place, `${record.length} bytes, less than a record`);
          continue;
        }
        const login = lastLogin(record, unit);
        if (login === null) continue;
        if (!telling.record(login.ms, place, false) || !question.moments.near(login.ms)) continue;
        telling.event(
          login.ms,
          "around",
          "origin.last-login",
          { user: name, line: login.line, host: login.host },
          place,
        );
      }
      return telling.end();
    } catch (error) {
      telling.gap("origin.unreadable", LASTLOG, reasonOf(error));
      return telling.end();
    } finally {
      if (fd !== null) fs.closeSync(fd);
    }
  },
};

/** The size of its records: the one that divides the file, and that of x86 where both or none do. */
export function unitOf(size: number): (typeof SIZES)[number] {
  return size % 292 !== 0 && size % 296 === 0 ? 296 : 292;
}

/** Null: never logged in. Little-endian, as all machines are that are looked at. */
export function lastLogin(
  record: Buffer,
  unit: (typeof SIZES)[number],
): { ms: number; line: Untrusted; host: Untrusted | null } | null {
  const wide = unit === 296;
  const seconds = wide ? Number(record.readBigInt64LE(0)) : record.readUInt32LE(0);
  if (seconds <= 0) return null;
  const start = wide ? 8 : 4;
  const host = text(record.subarray(start + 32, start + 288));
  return { ms: seconds * 1000, line: text(record.subarray(start, start + 32)), host: host === "" ? null : host };
}

function text(field: Buffer): Untrusted {
  const end = field.indexOf(0);
  return fromBytes(end === -1 ? field : field.subarray(0, end));
}
