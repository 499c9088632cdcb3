import { fromBytes } from "../../model/text.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

/** Bytes of a file by position; fewer where it ends. */
export type Bytes = (offset: number, length: number) => Buffer;

const MAGIC = "SQLite format 3\0";
const LEAF = 0x0d;
const INTERIOR = 0x05;
/** Deeper than any table of 2^32 pages. */
const DEEPEST = 16;
const LONGEST_PAYLOAD = 64 << 20;
/** Of one table: SQLITE_MAX_COLUMN cannot be set higher (https://www.sqlite.org/limits.html). */
const MOST_COLUMNS = 32_767;

/** A value of a row: text and blobs as bytes. */
export type Value = number | Buffer | null;

/**
 * Reads tables of an SQLite database file, pages of its write-ahead log included (https://www.sqlite.org/fileformat2.html,
 * sections 1 to 4). It knows no index, and of SQL the columns of a
 * table: tables are read whole.
 */
export class SqliteFile {
  readonly damaged: string[] = [];
  readonly #read: Bytes;
  readonly #pageSize: number;
  readonly #usable: number;
  readonly #log: WriteAheadLog | null;

  /** Null when it is no SQLite database. `log`: the file NAME-wal beside it. */
  static open(read: Bytes, log: Bytes | null): SqliteFile | null {
    const head = read(0, 100);
    if (head.length < 100 || head.toString("latin1", 0, 16) !== MAGIC) return null;
    const size = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
    if (size < 512 || (size & (size - 1)) !== 0) return null;
    return new SqliteFile(read, log, size, size - (head[20] as number));
  }

  private constructor(read: Bytes, log: Bytes | null, pageSize: number, usable: number) {
    this.#read = read;
    this.#pageSize = pageSize;
    this.#usable = usable;
    this.#log = log === null ? null : WriteAheadLog.read(log, pageSize);
  }

  /** First page of a table by its name, or null. */
  rootOf(table: string): number | null {
    for (const [type, name, , page] of this.rows(1)) {
      if (text(type) === "table" && text(name) === table && typeof page === "number") return page;
    }
    return null;
  }

  /** Rows of the table that begins at a page, in the order of their row numbers. */
  *rows(page: number): Generator<Value[]> {
    for (const { values } of this.#rows(page, new Set(), 0)) yield values;
  }

  /**
   * Rows of a table by the names of its columns, at most `most`; none where there is no such table. A column INTEGER PRIMARY
   * KEY is not stored: it is the number of the row (section 2.3). Columns that were added later are null in older rows.
   */
  *records(table: string, most: number): Generator<ReadonlyMap<string, Value>> {
    for (const [type, name, , page, sql] of this.rows(1)) {
      if (text(type) !== "table" || text(name) !== table || typeof page !== "number") continue;
      const columns = columnsOf(text(sql ?? null) ?? "");
      let count = 0;
      for (const { number, values } of this.#rows(page, new Set(), 0)) {
        if (++count > most) return;
        yield new Map(
          columns.map(({ name: column, isRowNumber }, at) => [column, isRowNumber ? number : (values[at] ?? null)]),
        );
      }
      return;
    }
  }

  *#rows(number: number, seen: Set<number>, depth: number): Generator<{ number: number; values: Value[] }> {
    const page = this.#page(number);
    const start = number === 1 ? 100 : 0;
    const type = page[start];
    if (seen.has(number) || depth > DEEPEST || page.length < this.#pageSize || (type !== LEAF && type !== INTERIOR)) {
      this.damaged.push(`page ${number} is no page of a table`);
      return;
    }
    seen.add(number);
    const cells = page.readUInt16BE(start + 3);
    // Cells do not overlap: else a page could tell one row, and its overflow pages, thousands of times.
    let room = page.length;
    const pointers = start + (type === LEAF ? 8 : 12);
    for (let index = 0; index < cells && pointers + index * 2 + 2 <= page.length; index++) {
      const at = page.readUInt16BE(pointers + index * 2);
      if (type === INTERIOR) {
        if (at + 4 <= page.length) yield* this.#rows(page.readUInt32BE(at), seen, depth + 1);
        continue;
      }
      const row = this.#row(page, at, seen);
      room -= row?.local ?? 0;
      if (row === null || room < 0) this.damaged.push(`cell ${index} of page ${number}`);
      else yield row;
    }
    if (type === INTERIOR) yield* this.#rows(page.readUInt32BE(start + 8), seen, depth + 1);
  }

  #row(page: Buffer, at: number, seen: Set<number>): { number: number; values: Value[]; local: number } | null {
    const size = varint(page, at);
    const rowid = size === null ? null : varint(page, size.next);
    if (size === null || rowid === null || size.value > LONGEST_PAYLOAD) return null;
    const local = this.#localSize(size.value);
    const payload = this.#payload(page, rowid.next, size.value, local, seen);
    const values = payload === null ? null : record(payload);
    return values === null ? null : { number: rowid.value, values, local: rowid.next - at + local };
  }

  /** How much of a payload stands on the page of its row. */
  #localSize(size: number): number {
    const most = this.#usable - 35;
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const fitting = least + ((size - least) % (this.#usable - 4));
    return size <= most ? size : fitting <= most ? fitting : least;
  }

  /** A payload that is too long for its page goes on in a chain of overflow pages (section 1.6). */
  #payload(page: Buffer, at: number, size: number, local: number, seen: Set<number>): Buffer | null {
    if (at + local > page.length) return null;
    if (local === size) return page.subarray(at, at + size);
    if (at + local + 4 > page.length) return null;
    const parts = [page.subarray(at, at + local)];
    let left = size - local;
    let next = page.readUInt32BE(at + local);
    while (left > 0 && next !== 0) {
      const overflow = this.#page(next);
      if (overflow.length < this.#usable || seen.has(next)) return null;
      seen.add(next);
      const part = overflow.subarray(4, 4 + Math.min(left, this.#usable - 4));
      parts.push(part);
      left -= part.length;
      next = overflow.readUInt32BE(0);
    }
    return left > 0 ? null : Buffer.concat(parts);
  }

  #page(number: number): Buffer {
    // A row of the schema may give any number for a page, 1.5 and infinity among them.
    if (!Number.isInteger(number) || number < 1 || number > 0xffffffff) return Buffer.alloc(0);
    return this.#log?.page(number) ?? this.#read((number - 1) * this.#pageSize, this.#pageSize);
  }
}

/** Columns of `CREATE TABLE name (…)` in their order, without the constraints of the table that follow them. */
function columnsOf(sql: string): { name: string; isRowNumber: boolean }[] {
  // A comment that nothing ends goes on to the end, as in SQLite.
  const plain = sql.replace(/\/\*[^]*?(?:\*\/|$)|--[^\n]*/g, " ");
  const body = plain.slice(plain.indexOf("(") + 1, plain.lastIndexOf(")"));
  const parts: string[] = [""];
  let depth = 0;
  for (const sign of body) {
    if (sign === "(") depth++;
    if (sign === ")") depth--;
    if (sign === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  // The key may stand behind the columns: PRIMARY KEY("id").
  const key = parts
    .map((part) => /^PRIMARY\s+KEY\s*\(([^,)]+)\)/i.exec(part.trim())?.[1])
    .find((name) => name !== undefined);
  return parts.slice(0, MOST_COLUMNS).flatMap((part) => {
    const words = part.trim();
    if (/^(?:PRIMARY\s+KEY|UNIQUE|CHECK|FOREIGN\s+KEY|CONSTRAINT)\b/i.test(words)) return [];
    const name = nameAt(words);
    if (name === null) return [];
    const isKey = /^\S+\s+INTEGER\s+PRIMARY\s+KEY\b/i.test(words);
    const isKeyBehind = key !== undefined && nameAt(key.trim()) === name && /^\S+\s+INTEGER\b/i.test(words);
    return [{ name, isRowNumber: isKey || isKeyBehind }];
  });
}

/** The name at the beginning of some SQL, in any of its quotes. */
function nameAt(sql: string): string | null {
  const name = /^(?:"([^"]+)"|`([^`]+)`|\[([^\]]+)\]|([^\s"`[]+))/.exec(sql);
  return name?.[1] ?? name?.[2] ?? name?.[3] ?? name?.[4] ?? null;
}

function text(value: Value | undefined): string | null {
  return Buffer.isBuffer(value) ? fromBytes(value) : null;
}

/** A variable-length integer, big-endian, seven bits a byte, at most nine bytes (section 1.6). */
function varint(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    if (index === 8) return { value: value * 256 + byte, next: at + 9 };
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return null;
}

/** Record format (section 2.1): length of the head, a type a column, the values. */
function record(payload: Buffer): Value[] | null {
  const head = varint(payload, 0);
  if (head === null || head.value > payload.length) return null;
  const values: Value[] = [];
  let body = head.value;
  for (let at = head.next; at < head.value;) {
    const type = varint(payload, at);
    if (type === null) return null;
    at = type.next;
    if (values.length === MOST_COLUMNS) return null;
    const length = lengthOf(type.value);
    if (body + length > payload.length) return null;
    values.push(valueOf(type.value, payload.subarray(body, body + length)));
    body += length;
  }
  return values;
}

const INTEGERS = [0, 1, 2, 3, 4, 6, 8];

function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  if (type === 7) return 8;
  return INTEGERS[type] ?? 0;
}

function valueOf(type: number, bytes: Buffer): Value {
  if (type >= 12) return bytes;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length);
  if (type === 8 || type === 9) return type - 8;
  return null;
}
