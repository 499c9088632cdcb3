import { SPACE } from "../text/bytes.ts";

/** A time at the beginning of a line. */
export interface Stamp {
  /** ns since midnight, or since the tool was started. */
  ns: number;
  isOfDay: boolean;
  /** ns of its last digit. */
  tick: number;
  /** Where the next column begins. */
  to: number;
}

const COLON = 0x3a;
const DOT = 0x2e;
/** `%-9s` or `%-8s ` for HH:MM:SS, `%-13s` for HH:MM:SS.mmm, `%-8.3f` for seconds. */
const DAY_WIDTH = 9;
const DAY_MILLIS_WIDTH = 13;
const SECONDS_WIDTH = 8;

/** The time that stands at `from`, or null. Seconds have three decimals: at 10,000 the next column touches them. */
export function readStamp(bytes: Uint8Array, from: number, to: number): Stamp | null {
  const time = readTime(bytes, from, to);
  if (time === null) return null;
  const width = !time.isOfDay ? SECONDS_WIDTH : time.tick === 1e9 ? DAY_WIDTH : DAY_MILLIS_WIDTH;
  const next = Math.max(time.to, from + width);
  for (let at = time.to; at < Math.min(next, to); at++) if (bytes[at] !== SPACE) return null;
  return { ...time, to: next };
}

/** A time of the day (`HH:MM:SS`, with up to nine decimals) or a number of seconds with three; `to` is where it ends. */
export function readTime(bytes: Uint8Array, from: number, to: number): Stamp | null {
  let at = from;
  let value = 0;
  while (at < to && isDigit(bytes[at])) value = value * 10 + (bytes[at++] as number) - 0x30;
  if (at === from || at - from > 15) return null;
  const isOfDay = at - from === 2 && bytes[at] === COLON;
  if (isOfDay) {
    const minutes = twoDigits(bytes, at + 1, to);
    const seconds = bytes[at + 3] === COLON ? twoDigits(bytes, at + 4, to) : -1;
    if (minutes < 0 || seconds < 0 || value > 23 || minutes > 59 || seconds > 60) return null;
    value = value * 3600 + minutes * 60 + seconds;
    at += 6;
  }
  let tick = 1e9;
  let ns = value * 1e9;
  if (bytes[at] === DOT) {
    const most = isOfDay ? 9 : 3;
    let digits = 0;
    for (at++; digits < most && at < to && isDigit(bytes[at]); digits++, at++) {
      tick /= 10;
      ns += ((bytes[at] as number) - 0x30) * tick;
    }
    if (digits === 0 || (!isOfDay && digits < most)) return null;
  } else if (!isOfDay) return null;
  return { ns, isOfDay, tick, to: at };
}

function twoDigits(bytes: Uint8Array, at: number, to: number): number {
  return at + 2 <= to && isDigit(bytes[at]) && isDigit(bytes[at + 1])
    ? ((bytes[at] as number) - 0x30) * 10 + (bytes[at + 1] as number) - 0x30
    : -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
