/** ISO 8601 UTC of milliseconds since 1970, fractions left out when zero. Years beyond what a Date holds are clamped. */
export function isoMs(ms: number): string {
  const clamped = Math.max(-8.64e15, Math.min(8.64e15, Math.floor(ms)));
  return new Date(clamped).toISOString().replace(".000Z", "Z");
}

/** Milliseconds of nanoseconds since 1970. */
export function msOf(ns: bigint): number {
  return Number(ns) / 1e6;
}
