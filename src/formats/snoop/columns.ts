import { SPACE } from "../text/bytes.ts";
import { readStamp, type Stamp } from "./stamp.ts";

/** What stands left of the name. */
const LEFT = /^(?:TIME(?:\(s\)|-\S+)?|UID|LABEL)$/;
/** What stands right of it, all numbers, before the last column, which goes to the end of the line. */
const NUMBERS = new Set(["PID", "PPID", "TID", "RET", "AGE(s)"]);
/** `%-16s `: a task name has at most 15 bytes, so this column never grows (TASK_COMM_LEN, include/linux/sched.h). */
const NAME_WIDTH = 16;
const UID_WIDTH = 6;
const LABEL_WIDTH = 6;
const LONGEST_LABEL = 64;
const QUESTION_MARK = 0x3f;
const MINUS = 0x2d;
const DOT = 0x2e;

/**
 * The columns of execsnoop and exitsnoop, bcc's (tools/execsnoop.py, exitsnoop.py) and those of libbpf-tools, by the header line:
 * options add some, and versions differ. A task name may hold blanks, so what stands left of it is cut by its width.
 */
export class Columns {
  readonly #left: readonly string[];
  readonly #numbers: readonly string[];
  #labelWidth: number | null = null;
  /** Of the line cut last: its times, the place of its name, and where its last column begins. */
  readonly stamps: Stamp[] = [];
  nameFrom = 0;
  nameTo = 0;
  tailFrom = 0;
  readonly #values: (number | null)[] = [];

  private constructor(left: readonly string[], numbers: readonly string[]) {
    this.#left = left;
    this.#numbers = numbers;
  }

  /** The columns that a header line names, or null when it is none. @param last name of the column that ends the line */
  static of(line: string, last: string): Columns | null {
    if (!line.includes("PCOMM") || line.length > 256) return null;
    const names = line.trim().split(/ +/);
    const name = names.indexOf("PCOMM");
    const left = names.slice(0, name);
    const numbers = names.slice(name + 1, -1);
    if (names.at(-1) !== last || !numbers.includes("PID")) return null;
    return left.every((one) => LEFT.test(one)) && numbers.every((one) => NUMBERS.has(one))
      ? new Columns(left, numbers)
      : null;
  }

  has(column: string): boolean {
    return this.#numbers.includes(column);
  }

  /** The number in a column of the line cut last; null: there is no such column, or its value is unknown (`?`). */
  number(column: string): number | null {
    return this.#values[this.#numbers.indexOf(column)] ?? null;
  }

  /** Cuts the line [from, to). @returns whether it has these columns */
  cut(bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.#left.includes("LABEL") || this.#labelWidth !== null)
      return this.#cut(bytes, from, to, this.#labelWidth ?? 0);
    // The label is whatever its user chose, the same in every line.
    for (let width = LABEL_WIDTH; width <= LONGEST_LABEL; width++)
      if (this.#cut(bytes, from, to, width)) {
        this.#labelWidth = width;
        return true;
      }
    return false;
  }

  #cut(bytes: Uint8Array, from: number, to: number, labelWidth: number): boolean {
    this.stamps.length = 0;
    let at = from;
    for (const column of this.#left) {
      if (column === "LABEL") at += labelWidth;
      else if (column === "UID") at = afterUid(bytes, at, to);
      else {
        const stamp = readStamp(bytes, at, to);
        if (stamp === null) return false;
        this.stamps.push(stamp);
        at = stamp.to;
      }
      if (at < 0) return false;
    }
    this.nameFrom = at;
    at += NAME_WIDTH;
    // The number behind it stands at the left of its column.
    if (at + 1 >= to || bytes[at] !== SPACE || bytes[at + 1] === SPACE) return false;
    this.nameTo = at;
    while (this.nameTo > this.nameFrom && bytes[this.nameTo - 1] === SPACE) this.nameTo--;
    return this.#cutNumbers(bytes, at, to);
  }

  #cutNumbers(bytes: Uint8Array, from: number, to: number): boolean {
    let at = from;
    for (let column = 0; column < this.#numbers.length; column++) {
      while (at < to && bytes[at] === SPACE) at++;
      const begin = at;
      if (bytes[at] === QUESTION_MARK) {
        at++;
        this.#values[column] = null;
      } else {
        const sign = bytes[at] === MINUS ? -1 : 1;
        if (sign < 0) at++;
        let value = 0;
        let scale = 0;
        const digits = at;
        for (; at < to; at++) {
          const byte = bytes[at] as number;
          if (byte === DOT && scale === 0 && at > digits) scale = 1;
          else if (byte >= 0x30 && byte <= 0x39) {
            value = value * 10 + byte - 0x30;
            scale *= 10;
          } else break;
        }
        if (at === digits || at - digits > 15) return false;
        this.#values[column] = (sign * value) / (scale || 1);
      }
      if (at === begin || (at < to && bytes[at] !== SPACE)) return false;
    }
    this.tailFrom = Math.min(at + 1, to);
    return true;
  }
}

/** `%-6d`, without a blank behind it: a number of six digits touches the name. @returns -1 without a number */
function afterUid(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at === from ? -1 : Math.max(at, from + UID_WIDTH);
}
