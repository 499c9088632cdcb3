import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DAY = 86_400_000;

/**
 * A point in time as users write it, in milliseconds since 1970: ISO 8601 (UTC where no zone is given, a date alone is its
 * beginning), `HH:MM[:SS]` of today in UTC, seconds since 1970, `-10min` before now, `now`, `today`, `yesterday`.
 * Throws commander's error for everything else.
 */
export function timePoint(text: string): number {
  const ms = readTime(text.trim(), Date.now());
  if (ms === null)
    throw new InvalidArgumentError("give a time such as 2026-11-25T02:15:00Z, 02:15, 1795573107 or -10min");
  return ms;
}

/** @returns null when it is no time */
export function readTime(text: string, now: number): number | null {
  const today = now - (now % DAY);
  if (text === "now") return now;
  if (text === "today") return today;
  if (text === "yesterday") return today - DAY;
  const relative = /^-(\d+(?:\.\d+)?)(s|sec|m|min|h|d|w)$/.exec(text);
  if (relative !== null) return now - Number(relative[1]) * (UNITS[relative[2] as string] as number) * 1000;
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?$/.exec(text);
  if (clock !== null) {
    const [, hour, minute, second = "0", fraction = "0"] = clock;
    return (
      today + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000 + Number(fraction.padEnd(3, "0"))
    );
  }
  if (/^\d{9,11}(?:\.\d{1,9})?$/.test(text)) return Math.floor(Number(text) * 1000);
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (iso === null) return null;
  const [, date, time = "00:00", zone = "Z"] = iso;
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? null : ms;
}
