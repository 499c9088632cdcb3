/** What systemd calls infinity, as seconds: a hundred years, so that it stays a number in JSON. */
export const FOREVER_SECONDS = 3_155_760_000;

/** Unit names of systemd.time(7) in the order that parse_time() tries them, so that `min` is not `m` + `in`. */
const UNITS: readonly (readonly [string, number])[] = [
  ["seconds", 1],
  ["second", 1],
  ["sec", 1],
  ["s", 1],
  ["minutes", 60],
  ["minute", 60],
  ["min", 60],
  ["months", 2_629_800],
  ["month", 2_629_800],
  ["M", 2_629_800],
  ["msec", 0.001],
  ["ms", 0.001],
  ["m", 60],
  ["hours", 3600],
  ["hour", 3600],
  ["hr", 3600],
  ["h", 3600],
  ["days", 86_400],
  ["day", 86_400],
  ["d", 86_400],
  ["weeks", 604_800],
  ["week", 604_800],
  ["w", 604_800],
  ["years", 31_557_600],
  ["year", 31_557_600],
  ["y", 31_557_600],
  ["usec", 0.000_001],
  ["us", 0.000_001],
  ["\u03bcs", 0.000_001],
  ["\u00b5s", 0.000_001],
];

/** Seconds of a time span such as `100ms`, `5`, `1min 20s`, `infinity` (`FOREVER_SECONDS`); null when systemd would not understand it. */
export function parseSpan(text: string): number | null {
  let rest = text.trim();
  if (rest === "infinity") return FOREVER_SECONDS;
  if (rest === "") return null;
  let seconds = 0;
  while (rest !== "") {
    const number = /^\+?(\d*)(\.\d+)?/.exec(rest);
    const written = number?.[0] ?? "";
    if (written === "" || written === "+") return null;
    const after = rest.slice(written.length);
    rest = after.trimStart();
    const unit = UNITS.find(([name]) => rest.startsWith(name));
    // `1.2.3` is no span, `1.2 .3` is.
    if (unit === undefined && rest !== "" && rest === after) return null;
    if (unit !== undefined) rest = rest.slice(unit[0].length).trimStart();
    seconds += Number(`${number?.[1] || "0"}${number?.[2] ?? ""}`) * (unit?.[1] ?? 1);
  }
  return Math.min(seconds, FOREVER_SECONDS);
}
