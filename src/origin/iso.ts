/** ISO 8601 UTC of milliseconds since 1970, fractions left out when zero. Years beyond what a Date holds are clamped. */
export function isoMs(ms: number): string {
  const clamped = Math.max(-8.64e15, Math.min(8.64e15, Math.floor(ms)));
  return new Date(clamped).toISOString().replace(".000Z", "Z");
}

/** Milliseconds of nanoseconds since 1970. */
export function msOf(ns: bigint): number {
  return Number(ns) / 1e6;
}

/** Nanoseconds since 1970 of ISO 8601 UTC with up to nine digits after the point; null: it is none. */
export function nsOf(iso: string): bigint | null {
  const match = /^([+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(iso);
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`) / 1000;
  if (!Number.isSafeInteger(seconds)) return null;
  return BigInt(seconds) * 1_000_000_000n + BigInt((match?.[2] ?? "0").padEnd(9, "0"));
}
