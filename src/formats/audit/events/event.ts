import type { Untrusted } from "../../../model/text.ts";

/** A field as it is understood: text, a number, null for "none", a list (several keys, arguments), or parts of an address. */
export type Value = Untrusted | number | null | readonly Value[] | { readonly [name: string]: Value };

/** Fields of a record by name. Those of a nested `msg='…'`, which a program wrote and not the kernel, stand by themselves. */
export type Fields = Readonly<Record<string, Value>>;

export interface AuditRecord {
  type: string;
  /** As written: with quotes, hexadecimal, numbers of users. */
  raw: Fields;
  /** The same fields, understood. */
  fields: Fields;
  /** Words of the record that belong to no field, or null. */
  text: Untrusted | null;
}

/**
 * What the records of an event lack: `syscall`: the record of the call that they belong to; `arguments`: some of those that
 * EXECVE counts; `paths`: some of those that SYSCALL counts.
 */
export type Missing = "syscall" | "arguments" | "paths";

/** All records that share host, time and serial number. */
export interface AuditEvent {
  /** `node=`, or null. */
  host: Untrusted | null;
  /** Milliseconds since 1970; where `ausearch -i` wrote the log, as if its local time were UTC. */
  ms: number;
  /** True where the time is a local one of a zone that the log does not name (`ausearch -i`). */
  local: boolean;
  serial: number;
  /** Where its first record stands. */
  file: string;
  line: number;
  records: AuditRecord[];
  /** Its other records came so much earlier that they have been told already. */
  late: boolean;
  missing: Missing[];
  /** What most questions are about, from the records: null where none of them tells. */
  syscall: string | null;
  arch: string | null;
  success: boolean | null;
  /** Result of the call: a number, or the name of the error (`ENOENT`). */
  exit: Value;
  pid: number | null;
  ppid: number | null;
  comm: Untrusted | null;
  exe: Untrusted | null;
  keys: Untrusted[];
  /** Arguments of an exec, put together from all its records. */
  argv: Untrusted[] | null;
  cwd: Untrusted | null;
}

export type AuditEventSink = (event: AuditEvent) => void;
