import { DECIMAL, ENCODED, HEX } from "./tables/field-kinds.ts";
import { errorNumber } from "./events/constants.ts";
import type { Translated } from "./translated.ts";

const HEADER =
  /^(?:node=(\S+) )?type=(\S+) msg=audit\((\d{1,4})([/.-])(\d{1,2})\4(\d{1,4}) (\d{1,2}):(\d\d):(\d\d)\.(\d{3}):(\d{1,10})\) : ?(.*)$/s;

const ENCODED_FIELDS = new Set(ENCODED.split(" "));
/** Names at which a value ends: values have no quotes and may hold blanks. */
const FIELDS = [
  ...new Set([
    ...ENCODED_FIELDS,
    ...DECIMAL.split(" "),
    ...HEX.split(" "),
    ..."a0 a1 a2 a3 success tty subj obj subj_role obj_role mode dev rdev nametype cap_frootid op grantors hostname terminal unit msg perm seresult seperms scontext tcontext tclass res-old result fd0 fd1 reason uring_op ip kernel format text acl".split(
      " ",
    ),
  ]),
].sort((a, b) => b.length - a.length);
const NEXT = new RegExp(` (?=(?:${FIELDS.map((name) => name.replaceAll("-", "\\-")).join("|")})=)`);

/**
 * A line of `ausearch -i`, made into the record that it came from as far as that goes: names of users, calls and flags stay as they
 * are, the values that the kernel encodes are encoded again. Its values have no quotes, so a name with ` exe=` in it is
 * cut there. Its time is the local time of whoever ran ausearch, in his locale's order; it is taken as if it were UTC.
 *
 *     type=SYSCALL msg=audit(11/25/26 02:18:27.494:72579) : arch=x86_64 syscall=execve success=no exit=ENOENT(No such file or directory) …
 *
 * @param line in Latin-1
 */
export function fromInterpreted(line: string): Translated | null {
  const found = HEADER.exec(line);
  if (found === null) return null;
  const [, node, type, first, mark, second, third, hour, minute, second60, ms, serial, body] =
    found as unknown as string[];
  const epoch = epochOf(
    first as string,
    mark as string,
    second as string,
    third as string,
    [hour, minute, second60].map(Number),
  );
  if (epoch === null) return null;
  const fields = type === "EXECVE" ? argumentsOf(body as string) : fieldsOf(body as string);
  const prefix = node === undefined ? "" : `node=${node} `;
  return { line: `${prefix}type=${type} msg=audit(${epoch}.${ms}:${serial}): ${fields}`, local: true };
}

/** Seconds since 1970 of a date in the order of some locale: 11/25/26, 11/25/2026, 25/11/2026, 25.11.2026, 2026-11-25. */
function epochOf(first: string, mark: string, second: string, third: string, time: readonly number[]): number | null {
  const [a, b, c] = [Number(first), Number(second), Number(third)];
  let [year, month, day] = [c, a, b];
  if (first.length === 4) [year, month, day] = [a, b, c];
  else if (mark === "." || a > 12) [year, month, day] = [c, b, a];
  if (year < 100) year += 2000;
  const [hour, minute, seconds] = time as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute, seconds);
  return Number.isFinite(ms) && ms >= 0 ? ms / 1000 : null;
}

/** `argc=3 a0=sh a1=-c a2=echo a b`: each argument goes on to the next number. */
function argumentsOf(body: string): string {
  const text = body.replace(/ $/, "");
  const parts: string[] = [];
  let at = 0;
  const argc = /^argc=(\d+) /.exec(text);
  if (argc !== null) {
    parts.push(`argc=${argc[1]}`);
    at = argc[0].length;
  }
  for (let name = /^(a\d+(?:\[\d+\])?)=/.exec(text.slice(at))?.[1]; name !== undefined;) {
    const next = nextArgument(name);
    const from = at + name.length + 1;
    const ends = next.map((follower) => text.indexOf(` ${follower}=`, from - 1)).filter((place) => place !== -1);
    const end = ends.length === 0 ? text.length : Math.min(...ends);
    parts.push(`${name}=${encoded(text.slice(from, Math.max(from, end)))}`);
    at = end + 1;
    name = /^(a\d+(?:\[\d+\])?)=/.exec(text.slice(at, at + 24))?.[1];
  }
  return parts.join(" ");
}

function nextArgument(name: string): string[] {
  const [, number, piece] = /^a(\d+)(?:\[(\d+)\])?$/.exec(name) as unknown as [string, string, string | undefined];
  const following = Number(number) + 1;
  const pieces = piece === undefined ? [] : [`a${number}[${Number(piece) + 1}]`];
  return [`a${following}`, `a${following}[0]`, ...pieces];
}

function fieldsOf(body: string): string {
  return body
    .replace(/ $/, "")
    .split(NEXT)
    .map((part) => {
      const equals = part.indexOf("=");
      if (equals <= 0) return part;
      const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
      if (name === "exit") return `exit=${exitOf(value)}`;
      if (name === "saddr" || name === "addr" || name === "msg") return part;
      return ENCODED_FIELDS.has(name) ? `${name}=${encoded(value)}` : part;
    })
    .join(" ");
}

/** `ENOENT(No such file or directory)` as -2. */
function exitOf(value: string): string {
  const name = /^(E[A-Z0-9_]+)(?:\(|$)/.exec(value)?.[1];
  const number = name === undefined ? null : errorNumber(name);
  return number === null ? value : String(-number);
}

/** As the kernel writes a value (kernel/audit.c audit_log_n_untrustedstring). */
function encoded(value: string): string {
  if (value === "(null)" || value === "(none)" || value === "?") return value;
  return /^[\x21\x23-\x7e]*$/.test(value) ? `"${value}"` : Buffer.from(value, "latin1").toString("hex").toUpperCase();
}
