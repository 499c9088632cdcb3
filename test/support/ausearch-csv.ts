import { execFileSync } from "node:child_process";
import type { AuditEvent, Fields, Value } from "../../src/formats/audit/events/event.ts";

/** What `ausearch --format csv` says of one event; the columns that are words of its own (ACTION, SUBJ_KIND …) are left out. */
export interface CsvEvent {
  node: string;
  event: string;
  date: string;
  time: string;
  serial: number;
  session: string;
  /** The user that logged in. */
  prime: string;
  /** The user that the process is. */
  second: string;
  result: string;
  how: string;
}

/** Reads NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND,SESSION,SUBJ_PRIME,SUBJ_SEC,SUBJ_KIND,ACTION,RESULT,…,HOW, times in UTC. */
export function csv(log: string): CsvEvent[] {
  const text = execFileSync("ausearch", ["--format", "csv", "-if", log], {
    encoding: "latin1",
    maxBuffer: 1 << 30,
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => {
    // Names of objects may hold commas; what stands before and the last column do not.
    const cells = line.split(",");
    const at = (index: number): string => cells[index] ?? "";
    return {
      node: at(0),
      event: at(1),
      date: at(2),
      time: at(3),
      serial: Number(at(4)),
      session: at(6),
      prime: at(7),
      second: at(8),
      result: at(11),
      how: cells.at(-1) ?? "",
    };
  });
}

/** The same of ours, from its record of this type: ausearch names the one that stands first in the log. */
export function asCsv(event: AuditEvent, first: string): CsvEvent {
  const record = event.records.find(({ type }) => type === first);
  const call = event.records.find(({ type }) => type === "SYSCALL");
  // Some records say only what the call of their event did.
  const field = (name: string): Value => {
    const own = record?.fields[name] ?? (record?.fields["msg"] as Fields | undefined)?.[name];
    return own ?? call?.fields[name] ?? null;
  };
  const date = new Date(event.ms).toISOString();
  const result = event.success === null ? word(field("res")) : event.success ? "yes" : "no";
  return {
    node: event.host ?? "",
    event: first,
    date: `${date.slice(5, 7)}/${date.slice(8, 10)}/${date.slice(2, 4)}`,
    time: date.slice(11, 19),
    serial: event.serial,
    session: word(field("ses")),
    prime: user(field("auid")).replace("unset", "system"),
    second: user(field("uid")),
    result: result === "" ? "" : /^(?:yes|success)$/.test(result) ? "success" : "failed",
    how: event.exe ?? "",
  };
}

function user(value: Value): string {
  return typeof value === "number" ? `unknown(${value})` : word(value);
}

function word(value: Value): string {
  return value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
}
