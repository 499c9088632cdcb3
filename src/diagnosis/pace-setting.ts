import type { Untrusted } from "../model/text.ts";

/** What settings of a pace are called. */
const PACE = /interval|period|every|frequency|refresh|poll|sleep|delay|cycle|update/i;
const COMMENT = /^\s*(?:#|;|\/\/|<!--)/;
const VALUE =
  /(?<![\w.])(\d{1,12}(?:\.\d{1,6})?)[ \t]?(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m)?(?![\w.])/g;
/** Longer lines are no settings that somebody wrote. */
const MOST = 500;
/** A tick is late sometimes, and the clock of an agent counts from the end of its work. */
const WITHIN = 0.15;

/**
 * The line of a settings file that gives a pace of `periodMs`: a word for a pace, and a number that is it, in seconds,
 * milliseconds or the unit beside it. The pace was measured, so a setting of another value is not the one.
 */
export function settingOf(lines: readonly Untrusted[], periodMs: number): { line: number; text: Untrusted } | null {
  for (const [at, line] of lines.entries()) {
    if (line.length > MOST || COMMENT.test(line) || !PACE.test(line)) continue;
    for (const [, digits = "", unit = ""] of line.matchAll(VALUE))
      if (valuesOf(Number(digits), unit).some((ms) => Math.abs(ms - periodMs) <= WITHIN * periodMs))
        return { line: at + 1, text: line.trim() };
  }
  return null;
}

/** Milliseconds that a number may stand for. */
function valuesOf(value: number, unit: string): number[] {
  if (unit === "") return [value * 1000, value];
  return [value * (unit.startsWith("ms") || unit.startsWith("milli") ? 1 : unit.startsWith("s") ? 1000 : 60_000)];
}
