import { SIGN_WEIGHTS, type OriginEvent, type Sign } from "./result.ts";

/** By their times; those without one at the end. */
export function byTime(a: OriginEvent, b: OriginEvent): number {
  if (a.time === null || b.time === null) return (a.time === null ? 1 : 0) - (b.time === null ? 1 : 0);
  return Date.parse(a.time) - Date.parse(b.time);
}

/** The heaviest first. */
export function byWeight(a: Sign, b: Sign): number {
  return SIGN_WEIGHTS.indexOf(a.weight) - SIGN_WEIGHTS.indexOf(b.weight);
}
