import { execFileSync } from "node:child_process";
import { AuditEventReader } from "../../src/formats/audit/events/reader.ts";
import { loadCallNames } from "../../src/formats/audit/events/calls.ts";
import type { AuditEvent, AuditRecord, Value } from "../../src/formats/audit/events/event.ts";
import { namesFrom, NO_NAMES } from "../../src/formats/audit/events/names.ts";
import { errorNumber } from "../../src/formats/audit/events/constants.ts";
import { toBytes } from "../../src/model/text.ts";

/** All events of a log, by our own reader. */
export async function ownEvents(log: Uint8Array): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  const reader = new AuditEventReader((event) => events.push(event), {
    names: namesFrom(NO_NAMES),
    calls: await loadCallNames(),
  });
  reader.push(log, "audit.log");
  reader.end();
  return events;
}

/** Records as `ausearch -i` prints them, by serial, in the order of the log (it prints them reversed). Latin-1. */
export function interpreted(log: string): Map<number, { type: string; body: string }[]> {
  const text = execFileSync("ausearch", ["-i", "-if", log], {
    encoding: "latin1",
    maxBuffer: 1 << 30,
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const events = new Map<number, { type: string; body: string }[]>();
  // An interpreted value may hold line ends: a record begins where its header does.
  for (const [, type, serial, body] of text.matchAll(
    /^type=(\S+) msg=audit\([\d/]+ [\d:.]+:(\d+)\) : ([^]*?)(?=\n(?:type=\S+ msg=audit\(|----\n)|\n$)/gm,
  )) {
    const records = events.get(Number(serial)) ?? [];
    records.unshift({ type: type as string, body: (body as string).replace(/ $/, "") });
    events.set(Number(serial), records);
  }
  return events;
}

export interface Difference {
  serial: number;
  type: string;
  field: string;
  call: string | null;
  raw: string;
  ours: string;
  theirs: string;
}

/** Every field of every record that ausearch interprets otherwise than we do, and how many were compared. */
export function compare(
  events: readonly AuditEvent[],
  theirs: ReadonlyMap<number, { type: string; body: string }[]>,
): { fields: number; records: number; differences: Difference[]; unmatched: string[] } {
  const result = { fields: 0, records: 0, differences: [] as Difference[], unmatched: [] as string[] };
  for (const event of events) {
    const left = [...(theirs.get(event.serial) ?? [])];
    for (const record of event.records) {
      const at = left.findIndex((other) => other.type === record.type && sameItem(other.body, record));
      if (at === -1) {
        result.unmatched.push(`${record.type} ${event.serial}`);
        continue;
      }
      const [other] = left.splice(at, 1);
      result.records++;
      for (const [field, value] of cut((other as { body: string }).body, Object.keys(record.raw))) {
        result.fields++;
        const raw = rawText(record.raw[field] ?? null);
        const ours = asAusearch(field, record.fields[field] ?? null, raw);
        // Programs put several blanks between fields of their own.
        if (ours !== value.replace(/(?<=^'.*) {2,}/g, " "))
          result.differences.push({
            serial: event.serial,
            type: record.type,
            field,
            call: event.syscall,
            raw,
            ours,
            theirs: value,
          });
      }
    }
    result.unmatched.push(...left.map((other) => `${other.type} ${event.serial} (ausearch's)`));
  }
  return result;
}

function sameItem(body: string, record: AuditRecord): boolean {
  if (record.type !== "PATH") return true;
  return body.startsWith(`item=${word(record.fields["item"])} `);
}

/** Cuts an interpreted body at the names that the raw record has, in their order: values may hold blanks. */
function cut(body: string, names: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  let at = 0;
  for (const [index, name] of names.entries()) {
    const from = body.startsWith(`${name}=`, at) ? at : body.indexOf(` ${name}=`, at) + 1;
    if (from === 0 && !body.startsWith(`${name}=`)) continue;
    const valueAt = from + name.length + 1;
    const next = names
      .slice(index + 1)
      .map((later) => body.indexOf(` ${later}=`, valueAt - 1))
      .filter((place) => place !== -1);
    const end = next.length === 0 ? body.length : Math.min(...next);
    found.push([name, body.slice(valueAt, Math.max(valueAt, end))]);
    at = Math.max(valueAt, end);
  }
  return found;
}

function rawText(raw: Value): string {
  return typeof raw === "string" ? raw : JSON.stringify(raw);
}

const UIDS = /^(?:.*uid|.*gid|id)$/;

/** Our value in the words of ausearch, in Latin-1. */
function asAusearch(field: string, value: Value, raw: string): string {
  if (value === null) return raw;
  if (Array.isArray(value)) {
    if (field === "proctitle") return latin1(value.map(word).join(" "));
    // Several keys of one event: ausearch writes the name again.
    return value.length === 0 ? "(null)" : latin1(value.map(word).join(` ${field}=`));
  }
  if (typeof value === "number") {
    // A user or group that nobody names; the first arguments of calls that set one as well.
    if (UIDS.test(field)) return `unknown(${value})`;
    return String(value);
  }
  if (typeof value === "string") {
    const error = field === "exit" ? errorNumber(value) : null;
    return error === null ? latin1(value) : `${value}(…)`;
  }
  if (field === "msg") {
    const inner = value as { readonly [name: string]: Value };
    const parts = Object.entries(inner).map(
      ([name, part]) => `${name.replace(/#\d+$/, "")}=${part === null ? "?" : asAusearch(name, part, word(part))}`,
    );
    return `'${parts.join(" ")}'`;
  }
  return address(value as { readonly [name: string]: Value });
}

function address(parts: { readonly [name: string]: Value }): string {
  const { family } = parts;
  if (parts["cut"] === 1 || parts["unnamed"] === 1) return `{ saddr_fam=${word(family)} sockaddr len too short }`;
  switch (family) {
    case "inet":
    case "inet6": {
      const scope = parts["scope"] === undefined ? "" : `%${word(parts["scope"])}`;
      return `{ saddr_fam=${word(family)} laddr=${word(parts["address"])}${scope} lport=${word(parts["port"])} }`;
    }
    case "local":
      return `{ saddr_fam=local path=${latin1(word(parts["path"] ?? parts["abstract"]))} }`;
    case "netlink":
      return `{ saddr_fam=netlink nlnk-fam=16 nlnk-pid=${word(parts["pid"])} }`;
    case "packet":
    case "vsock":
      return `{ saddr_fam=${word(family)} (unsupported) }`;
    default:
      return word(family)
        .replace(/^unknown\(/, "unknown-family(")
        .replace(/^unspec$/, "unknown-family(0)");
  }
}

function word(value: Value | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

function latin1(text: string): string {
  return Buffer.from(toBytes(text)).toString("latin1");
}
