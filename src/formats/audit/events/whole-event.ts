import type { Untrusted } from "../../../model/text.ts";
import { Arguments, readExecve } from "../execve-record.ts";
import type { HeldEvent, HeldRecord } from "./assembler.ts";
import type { AuditEvent, AuditRecord, Fields, Missing, Value } from "./event.ts";
import { readRecord, type Reading } from "./record.ts";

/** Records that belong to a call (kernel/auditsc.c audit_log_exit); without its SYSCALL record they are the rest of an event. */
const OF_A_CALL = new Set(
  "EXECVE PATH CWD PROCTITLE SOCKADDR SOCKETCALL MMAP FD_PAIR BPRM_FCAPS CAPSET OBJ_PID IPC IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR OPENAT2 KERN_MODULE".split(
    " ",
  ),
);
/** Their order within an event, whatever the order in the log; all others stand where they came. */
const FIRST: Readonly<Record<string, number>> = {
  SYSCALL: 0,
  URINGOP: 0,
  EXECVE: 2,
  CWD: 3,
  PATH: 4,
  PROCTITLE: 6,
  EOE: 7,
};

/** Understands all records of an event, and takes from them what most questions are about. */
export function readEvent(held: HeldEvent, reading: Reading): AuditEvent {
  const inOrder = held.records.length === 1 ? held.records : held.records.toSorted(byPlace);
  const records = inOrder.map((record) => readRecord(record.type, record.body, reading));
  const of = (type: string): AuditRecord | undefined => records.find((record) => record.type === type);
  const call = of("SYSCALL") ?? of("URINGOP");
  const teller = call ?? records.find((record) => "pid" in record.fields) ?? records[0];
  const fields: Fields = teller?.fields ?? {};
  const nested = nestedOf(fields);
  const execve = inOrder.filter((record) => record.type === "EXECVE");
  const gathered = execve.length === 0 ? null : gather(execve);
  return {
    host: held.host,
    ms: held.ms,
    local: held.local,
    serial: held.serial,
    file: held.file,
    line: held.line,
    records,
    late: held.late,
    missing: missing(records, call, gathered),
    syscall: text(fields["syscall"]) ?? uringCall(fields["uring_op"]),
    arch: text(fields["arch"]),
    success: fields["success"] === "yes" ? true : fields["success"] === "no" ? false : null,
    exit: fields["exit"] ?? null,
    pid: number(fields["pid"]),
    ppid: number(fields["ppid"]),
    comm: text(fields["comm"]) ?? text(nested["comm"]),
    exe: text(fields["exe"]) ?? text(nested["exe"]),
    keys: keysOf(records),
    argv: gathered === null ? null : gathered.list(),
    cwd: text(of("CWD")?.fields["cwd"]),
  };
}

/**
 * Whether `readEvent` would name something as missing, found out from the types of the records and a few of their words: for events
 * that nobody wants to read whole.
 */
export function isIncomplete({ records }: HeldEvent, reading: Reading): boolean {
  const call = records.find(({ type }) => type === "SYSCALL") ?? records.find(({ type }) => type === "URINGOP");
  const execve = records.filter(({ type }) => type === "EXECVE").toSorted(byPlace);
  if (execve.length > 0 && !gather(execve).reached) return true;
  if (call === undefined) return isRestOfCall(records);
  const told = /(?:^| )items=(\d{1,9}) /.exec(call.body)?.[1];
  const items = told ?? readRecord(call.type, call.body, reading).fields["items"];
  return Number(items ?? 0) > records.filter(({ type }) => type === "PATH").length;
}

function byPlace(a: HeldRecord, b: HeldRecord): number {
  const place = (FIRST[a.type] ?? 1) - (FIRST[b.type] ?? 1);
  if (place !== 0 || a.type !== b.type) return place;
  if (a.type === "PATH") return itemOf(a) - itemOf(b);
  return a.type === "EXECVE" ? placeOfArguments(a) - placeOfArguments(b) : 0;
}

function itemOf(record: HeldRecord): number {
  return Number(/^item=(\d{1,7})/.exec(record.body)?.[1] ?? 0);
}

/** The record with `argc=` first, then by the number of the first argument and of its piece. */
function placeOfArguments(record: HeldRecord): number {
  const found = /^a(\d{1,7})(?:_len=|\[(\d{1,7})\]|=)/.exec(record.body);
  return found === null ? -1 : Number(found[1]) * 1e7 + Number(found[2] ?? 0);
}

function gather(records: readonly HeldRecord[]): Arguments {
  const gathered = new Arguments();
  for (const record of records) {
    // `readExecve` reads bytes that end with one below 0x21.
    const bytes = Buffer.from(`${record.body}\n`, "latin1");
    gathered.add(readExecve(bytes, 0, bytes.length - 1));
  }
  return gathered;
}

function missing(records: readonly AuditRecord[], call: AuditRecord | undefined, execve: Arguments | null): Missing[] {
  const lacks: Missing[] = [];
  if (call === undefined && isRestOfCall(records)) lacks.push("syscall");
  if (execve !== null && !execve.reached) lacks.push("arguments");
  const items = call === undefined ? null : number(call.fields["items"]);
  if (items !== null && items > records.filter((record) => record.type === "PATH").length) lacks.push("paths");
  return lacks;
}

/** Records that only a call can have, and no other that stands by itself. */
function isRestOfCall(records: readonly { type: string }[]): boolean {
  return records.length > 0 && records.every(({ type }) => OF_A_CALL.has(type));
}

function keysOf(records: readonly AuditRecord[]): Untrusted[] {
  const keys = new Set<Untrusted>();
  for (const record of records) {
    const value = record.fields["key"];
    if (Array.isArray(value)) for (const key of value as readonly Value[]) if (typeof key === "string") keys.add(key);
  }
  return [...keys];
}

function nestedOf(fields: Fields): Fields {
  const value = fields["msg"];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function uringCall(value: Value | undefined): string | null {
  return typeof value === "string" ? `io_uring:${value}` : null;
}

function text(value: Value | undefined): Untrusted | null {
  return typeof value === "string" ? value : null;
}

function number(value: Value | undefined): number | null {
  return typeof value === "number" ? value : null;
}
