import type { AuditEvent } from "../formats/audit/events/event.ts";
import type { InputStream } from "../formats/input.ts";
import type { ProcessEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";
import { jsonLine } from "../report/json.ts";

const SCHEMA = "whoforks/events/1";

/** One line of `whoforks events` for an event of an audit log; the schema is formats/event-schema.ts. */
export function auditLine(event: AuditEvent): string {
  const time = new Date(event.ms).toISOString();
  return jsonLine({
    schema: SCHEMA,
    format: "audit",
    file: event.file,
    line: event.line,
    host: event.host,
    // Without the Z where the zone is not known: then it is a local time.
    time: event.local ? time.slice(0, -1) : time,
    serial: event.serial,
    types: [...new Set(event.records.map((record) => record.type))],
    syscall: event.syscall,
    arch: event.arch,
    success: event.success,
    exit: event.exit,
    pid: event.pid,
    ppid: event.ppid,
    comm: event.comm,
    exe: event.exe,
    keys: event.keys,
    argv: event.argv,
    cwd: event.cwd,
    late: event.late,
    missing: event.missing,
    records: event.records,
  });
}

/** One line for a process event of another format. `seconds` since the first record of its stream. */
export function processLine(event: ProcessEvent, stream: InputStream, host: Untrusted | null): string {
  const { ts, ...facts } = event;
  return jsonLine({
    schema: SCHEMA,
    format: stream.format,
    file: stream.name,
    host,
    seconds: ts / 1e9,
    event: facts,
  });
}
