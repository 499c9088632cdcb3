import { SPACE } from "../text/bytes.ts";

/** How a line tells its time. `relative` is the time since the line before (-r). */
export const TIME = { none: 0, clock: 1, epoch: 2, relative: 3 } as const;

/** Above the largest `pid_max` (2^22, include/linux/threads.h) a leading number is no PID but seconds since 1970. */
const MOST_PID = 4_194_304;
/** strace prints seconds since 1970 or, with -r, since the line before; nobody traced this long for one line. */
const LEAST_EPOCH = 100_000_000;
const LONGEST_BRACKET = 1024;
const LONGEST_COMM = 80;

/**
 * The beginning of a line of strace or ltrace, before what happened (strace: src/strace.c printleader; ltrace: output.c begin_of_line):
 * `[pid   12<sh>] `, `12    `, `12<sh> ` or nothing; a security context `[…] `; a time in any of the tools' formats; `(+ 0.000248) `;
 * `[  59] ` and `[00007f…] ` (-n, -i).
 */
export class Leader {
  /** 0: the line has none. */
  pid = 0;
  /** The name behind the PID (-Y), empty without. */
  commFrom = 0;
  commTo = 0;
  /** One of TIME. */
  time = 0;
  /** Whole seconds (of the day, since 1970, or since the line before) and nanoseconds. */
  seconds = 0;
  nanos = 0;
  /** Digits after the second's point: 0, 3, 6 or 9. */
  digits = 0;

  /** Reads the leader of [from, to); the byte at `to` is below 0x21. @returns where the rest begins */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.pid = this.commFrom = this.commTo = this.time = 0;
    let at = from;
    let byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) at = this.#number(bytes, at, to);
    else if (byte === 0x5b) at = this.#bracketedPid(bytes, at, to);
    while (bytes[at] === SPACE) at++;
    for (byte = bytes[at] as number; at < to; byte = bytes[at] as number) {
      if (byte >= 0x30 && byte <= 0x39) {
        const next = this.time === TIME.none ? this.#time(bytes, at) : at;
        if (next === at) return at;
        at = next;
      } else if (byte === 0x5b) {
        const next = afterBracket(bytes, at, to);
        if (next === at) return at;
        at = next;
      } else if (byte === 0x28 && bytes[at + 1] === 0x2b) {
        while (at < to && bytes[at] !== 0x29) at++;
        at++;
      } else return at;
      while (bytes[at] === SPACE) at++;
    }
    return Math.min(at, to);
  }

  /** A number at the beginning: a PID, unless the line begins with its time. */
  #number(bytes: Uint8Array, from: number, to: number): number {
    let value = 0;
    let at = from;
    for (let byte = bytes[at] as number; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] as number)
      value = value * 10 + byte - 0x30;
    const next = bytes[at];
    if (value === 0 || value > MOST_PID) return from;
    if (next === SPACE) {
      this.pid = value;
      return at + 1;
    }
    if (next !== 0x3c) return from;
    const end = this.#comm(bytes, at + 1, to);
    if (end === -1 || bytes[end + 1] !== SPACE) return from;
    this.pid = value;
    return end + 2;
  }

  /** `[pid 12] ` or `[pid 12<sh>] `. */
  #bracketedPid(bytes: Uint8Array, from: number, to: number): number {
    if (bytes[from + 1] !== 0x70 || bytes[from + 2] !== 0x69 || bytes[from + 3] !== 0x64 || bytes[from + 4] !== SPACE)
      return from;
    let at = from + 5;
    while (bytes[at] === SPACE) at++;
    let value = 0;
    for (let byte = bytes[at] as number; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] as number)
      value = value * 10 + byte - 0x30;
    if (value === 0 || value > MOST_PID) return from;
    if (bytes[at] === 0x3c) {
      const end = this.#comm(bytes, at + 1, to);
      if (end === -1) return from;
      at = end + 1;
    }
    if (bytes[at] !== 0x5d) return from;
    this.pid = value;
    return at + 1;
  }

  /** @returns where the name's `>` stands, or -1 */
  #comm(bytes: Uint8Array, from: number, to: number): number {
    const last = Math.min(to, from + LONGEST_COMM);
    for (let at = from; at < last; at++) {
      // A `>` in a name is escaped since 6.0; before that the leader's own is the one that a blank or bracket follows.
      if (bytes[at] !== 0x3e || (bytes[at + 1] !== SPACE && bytes[at + 1] !== 0x5d)) continue;
      this.commFrom = from;
      this.commTo = at;
      return at;
    }
    return -1;
  }

  /** A time. @returns `from` when there is none. */
  #time(bytes: Uint8Array, from: number): number {
    let value = 0;
    let at = from;
    let byte = bytes[at] as number;
    for (; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] as number) value = value * 10 + byte - 0x30;
    if (at - from > 12) return from;
    if (byte === 0x3a && at === from + 2) {
      const minutes = twoDigits(bytes, at + 1);
      const seconds = twoDigits(bytes, at + 4);
      if (minutes < 0 || seconds < 0 || bytes[at + 3] !== 0x3a) return from;
      this.seconds = value * 3600 + minutes * 60 + seconds;
      this.time = TIME.clock;
      at += 6;
    } else {
      if (byte !== 0x2e && (byte !== SPACE || value < LEAST_EPOCH)) return from;
      this.seconds = value;
      this.time = value >= LEAST_EPOCH ? TIME.epoch : TIME.relative;
    }
    this.nanos = 0;
    this.digits = 0;
    if (bytes[at] !== 0x2e) return at;
    let scale = 100_000_000;
    let digits = 0;
    for (byte = bytes[++at] as number; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] as number) {
      this.nanos += (byte - 0x30) * scale;
      scale = scale >= 10 ? scale / 10 : 0;
      digits++;
    }
    this.digits = digits;
    if (bytes[at] === SPACE) return at;
    this.time = TIME.none;
    return from;
  }
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Behind `[  59] `, `[00007fd5a2762ad7] `, `[????] ` or a security context; `from` when it is none of these. */
function afterBracket(bytes: Uint8Array, from: number, to: number): number {
  // `[ Process PID=7 runs in 32 bit mode. ]` is a message.
  if (bytes[from + 1] === SPACE && bytes[from + 2] === 0x50) return from;
  const last = Math.min(to, from + LONGEST_BRACKET);
  for (let at = from + 1; at < last; at++) if (bytes[at] === 0x5d && bytes[at + 1] === SPACE) return at + 2;
  return from;
}
