/** Names that stand for a whole expression (systemd.time(7)), in seconds. */
const NAMED: Readonly<Record<string, number>> = {
  minutely: 60,
  hourly: 3_600,
  daily: 86_400,
  weekly: 604_800,
  monthly: 28 * 86_400,
  quarterly: 90 * 86_400,
  semiannually: 181 * 86_400,
  "semi-annually": 181 * 86_400,
  annually: 365 * 86_400,
  yearly: 365 * 86_400,
};
const DAY = 86_400;

/**
 * Shortest time in seconds between two moments that an OnCalendar= expression allows: `*:0/5` 300, `*:*:0/0.5` 0.5.
 * Dates and weekdays only thin it out, so where the time of day is one moment it is a day. Null: not understood.
 */
export function shortestInterval(expression: string): number | null {
  const text = expression.trim().replace(/\s+(?:UTC|[A-Z][A-Za-z_]+\/[A-Za-z_/]+)$/, "");
  const named = NAMED[text.toLowerCase()];
  if (named !== undefined) return named;
  const time = text.split(/\s+/).find((part) => part.includes(":"));
  if (time === undefined) return /^[\w*.,/ ~-]+$/.test(text) && text !== "" ? DAY : null;
  const fields = time.split(":");
  if (fields.length > 3) return null;
  const [hours, minutes, seconds] = [fields[0], fields[1], fields[2] ?? "0"].map((field, i) =>
    momentsOf(field ?? "", i === 0 ? 24 : 60),
  );
  if (!hours || !minutes || !seconds) return null;
  // The finest field that has several moments decides; where it is the only one, its last and its first are neighbours too.
  for (const [moments, unit, around] of [
    [seconds, 1, minutes.length > 1 || hours.length > 1],
    [minutes, 60, hours.length > 1],
    [hours, 3_600, true],
  ] as const) {
    if (moments.length < 2) continue;
    const wrap = around ? (moments[0] as number) + (unit === 3_600 ? 24 : 60) - (moments.at(-1) as number) : Infinity;
    return unit * Math.min(wrap, ...moments.slice(1).map((moment, i) => moment - (moments[i] as number)));
  }
  return DAY;
}

/** Sorted moments below `end` that a field allows: a list of `*`, `N`, `N..M`, each with `/STEP`, which may be a fraction. */
function momentsOf(field: string, end: number): number[] | null {
  const moments = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(?:\*|(\d{1,2}(?:\.\d{1,6})?)(?:\.\.(\d{1,2}(?:\.\d{1,6})?))?)(?:\/(\d{1,4}(?:\.\d{1,6})?))?$/.exec(
      part,
    );
    if (match === null) return null;
    const [, from, to, step] = match;
    const first = Number(from ?? 0);
    const last = to !== undefined ? Number(to) : from === undefined || step !== undefined ? end - 1e-6 : first;
    const by = step === undefined ? 1 : Number(step);
    if (!(by > 0)) return null;
    // A step below a hundredth tells no more than that: ten thousand a minute are enough.
    for (let moment = first, n = 0; moment <= last && moment < end && n < 6_000; moment = first + by * ++n)
      moments.add(Math.round(moment * 1e6) / 1e6);
  }
  return moments.size === 0 ? null : [...moments].sort((a, b) => a - b);
}
