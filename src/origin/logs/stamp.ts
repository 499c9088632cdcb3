import type { Untrusted } from "../../model/text.ts";
import type { WallTime, Zone } from "./zone.ts";

/** A time at the beginning of a line, and what follows it. */
export interface Stamped {
  /** Milliseconds since 1970. */
  ms: number;
  rest: Untrusted;
}

const PLAIN = /^\[?(\d{4})-(\d\d)-(\d\d)[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?\]?:? ?/;

/**
 * Reads `2026-11-29 17:05:01`, `2026-11-29T17:05:01.123+0100`, `[2026-11-29 17:05]`: where no offset is written the time is on the
 * wall of `zone`. Null: the line does not begin with one.
 */
export function stamped(line: Untrusted, zone: Zone): Stamped | null {
  const match = PLAIN.exec(line);
  if (match === null) return null;
  const [whole, year, month, day, hour, minute, second = "0", fraction = "", offset] = match;
  const wall = wallOf(year, month, day, hour, minute, second);
  const plain = offset === undefined ? zone.epochMs(wall) : utc(wall) - offsetMs(offset);
  return { ms: plain + Number(`0.${fraction || "0"}`) * 1000, rest: line.slice(whole.length) };
}

const SYSLOG = /^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d):(\d\d):(\d\d) /;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = 86_400_000;

/**
 * Reads the time of a line of syslog(3): RFC 3339, or `Nov 29 17:05:01` (RFC 3164), which has no year: that of the file's own
 * modification is taken, or the year before when the line would be younger than the file.
 */
export function syslogStamped(line: Untrusted, zone: Zone, modified: number): Stamped | null {
  const match = SYSLOG.exec(line);
  if (match === null) return stamped(line, zone);
  const [whole, month = "", day, hour, minute, second] = match;
  const last = new Date(modified).getUTCFullYear();
  const inYear = (year: number): number =>
    zone.epochMs({ ...wallOf("0", "1", day, hour, minute, second), year, month: MONTHS.indexOf(month) + 1 });
  // 29 February of a year that has none.
  const candidates = [last + 1, last, last - 1, last - 2, last - 3, last - 4].map(inYear);
  const ms = candidates.find((one) => Number.isFinite(one) && one <= modified + DAY) ?? Number.NaN;
  return { ms, rest: line.slice(whole.length) };
}

function wallOf(
  year?: string,
  month?: string,
  day?: string,
  hour?: string,
  minute?: string,
  second?: string,
): WallTime {
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
}

function utc({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** `+01:00`, `-0330`, `Z`. */
function offsetMs(text: string): number {
  if (text === "Z") return 0;
  const sign = text.startsWith("-") ? -1 : 1;
  return sign * (Number(text.slice(1, 3)) * 3_600_000 + Number(text.slice(-2)) * 60_000);
}
