import type { Untrusted } from "../../model/text.ts";
import { archOfMachine, auditArch, processCall, type AuditArch } from "../../syscalls/abi.ts";
import { ascii, find, SPACE } from "../text/bytes.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { numberOf } from "./events/constants.ts";
import { encodedText, valueEnd } from "./field-values.ts";
import { RecordFields } from "./record-fields.ts";

/** Who made a call: task name and program, shared by all records that say the same. */
export interface Task {
  /** Unlike every other task's; 0 is none. */
  id: number;
  comm: Untrusted;
  /** Null when the record says `(null)`. */
  exe: Untrusted | null;
}

/** What a SYSCALL record says, as far as it matters here. One object is filled again and again. */
export interface SyscallRecord {
  arch: AuditArch;
  number: number;
  /** 1 yes, 0 no, -1 not said: exit and exit_group never return, so they have neither `success=` nor `exit=`. */
  success: number;
  exit: number;
  /** Low 32 bits of the first two arguments, unsigned; -1 where `ausearch -i` made `UNKNOWN` of an exit status. */
  a0: number;
  a1: number;
  /** Number of PATH records that belong to it. */
  items: number;
  ppid: number;
  pid: number;
  task: Task;
}

let nextTask = 1;
const NO_TASK: Task = { id: 0, comm: "", exe: null };

export function newSyscallRecord(): SyscallRecord {
  return {
    arch: auditArch(0xc000003e),
    number: 0,
    success: 0,
    exit: 0.5,
    a0: 0.5,
    a1: 0.5,
    items: 0,
    ppid: 0,
    pid: 0,
    task: NO_TASK,
  };
}

const EXE = ascii(" exe=");

/** Reads `comm="sh" exe="/usr/bin/dash"`. */
function readTask(bytes: Uint8Array, from: number, to: number): Task {
  const commEnd = valueEnd(bytes, from + 5, to);
  const comm = encodedText(bytes, from + 5, commEnd) ?? "";
  return { id: nextTask++, comm, exe: encodedText(bytes, commEnd + EXE.length, to) };
}

const EQUALS = 0x3d;
const COMM = ascii(" comm=");
/** Of ` auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=? ses=0`, the least that stands before ` comm=`. */
const IDENTITY_LENGTH = 75;

/** Reads SYSCALL records. Not shared between threads of reading: it remembers tasks and the last architecture. */
export class SyscallReader {
  readonly record = newSyscallRecord();
  readonly #tasks = new ByteInterner(readTask);
  #at = 0;
  #archNumber = 0xc000003e;

  /**
   * The quick way: fields in the order in which every kernel since 2.6.30 writes them (kernel/auditsc.c audit_log_exit).
   *
   *     arch=c000003e syscall=59 success=yes exit=0 a0=.. a1=.. a2=.. a3=.. items=2 ppid=1 pid=2 auid=0 .. comm="sh" exe="/bin/sh" ..
   *
   * @returns false when anything is unusual; then `readExactly` decides.
   */
  readQuickly(bytes: Uint8Array, body: number, to: number): boolean {
    const record = this.record;
    if (bytes[body] !== 0x61 || bytes[body + 4] !== EQUALS || bytes[body + 1] !== 0x72) return false;
    const archNumber = this.#hex(bytes, body + 5);
    let at = this.#at;
    // ` syscall=`
    if (bytes[at] !== SPACE || bytes[at + 1] !== 0x73 || bytes[at + 8] !== EQUALS) return false;
    record.number = this.#decimal(bytes, at + 9);
    at = this.#at;
    if (bytes[at] === SPACE && bytes[at + 1] === 0x70) {
      // ` per=400000`, the personality when it is not the usual
      if (bytes[at + 4] !== EQUALS) return false;
      this.#hex(bytes, at + 5);
      at = this.#at;
    }
    if (bytes[at] === SPACE && bytes[at + 1] === 0x73 && bytes[at + 8] === EQUALS) {
      // ` success=yes exit=` or ` success=no exit=`
      const yes = bytes[at + 9] === 0x79;
      const valueAt = at + (yes ? 18 : 17);
      if (bytes[valueAt - 1] !== EQUALS || bytes[valueAt - 5] !== 0x65) return false;
      record.success = yes ? 1 : 0;
      record.exit = this.#signed(bytes, valueAt);
      at = this.#at;
    } else {
      record.success = -1;
      record.exit = 0;
    }
    if (bytes[at] !== SPACE || bytes[at + 2] !== 0x30 || bytes[at + 3] !== EQUALS) return false;
    record.a0 = this.#hex(bytes, at + 4);
    at = this.#at;
    if (bytes[at] !== SPACE || bytes[at + 2] !== 0x31 || bytes[at + 3] !== EQUALS) return false;
    record.a1 = this.#hex(bytes, at + 4);
    at = this.#at;
    // ` a2=HEX a3=HEX`: two words of no interest.
    if (bytes[at] !== SPACE || bytes[at + 2] !== 0x32 || bytes[at + 3] !== EQUALS) return false;
    at += 5;
    while ((bytes[at] as number) > SPACE) at++;
    at++;
    while ((bytes[at] as number) > SPACE) at++;
    // ` items=0 ppid=1 pid=2 auid=0`
    if (bytes[at + 1] !== 0x69 || bytes[at + 6] !== EQUALS) return false;
    record.items = this.#decimal(bytes, at + 7);
    at = this.#at;
    if (bytes[at] !== SPACE || bytes[at + 1] !== 0x70 || bytes[at + 5] !== EQUALS) return false;
    record.ppid = this.#decimal(bytes, at + 6);
    at = this.#at;
    if (bytes[at] !== SPACE || bytes[at + 1] !== 0x70 || bytes[at + 4] !== EQUALS) return false;
    record.pid = this.#decimal(bytes, at + 5);
    at = this.#at;
    if (bytes[at] !== SPACE || bytes[at + 1] !== 0x61 || bytes[at + 5] !== EQUALS) return false;
    at = find(bytes, at + IDENTITY_LENGTH, to, COMM);
    if (at === -1) return false;
    const taskAt = at + 1;
    at = valueEnd(bytes, at + COMM.length, to);
    if (bytes[at + 1] !== 0x65 || bytes[at + 4] !== EQUALS) return false;
    at = valueEnd(bytes, at + EXE.length, to);
    if (at > to) return false;
    record.task = this.#tasks.get(bytes, taskAt, at);
    this.#setArch(archNumber);
    return true;
  }

  /** The exact way: fields in any order. @returns what is wrong, or null when the record has been read. */
  readExactly(bytes: Uint8Array, body: number, to: number): string | null {
    const fields = new RecordFields(bytes, body, to);
    const record = this.record;
    const { arch, number } = whichCall(fields);
    const pid = fields.decimal("pid");
    if (arch === null || number === null) return "SYSCALL without arch= and syscall= as numbers";
    if (pid === null || !isPid(pid)) return "SYSCALL without pid=";
    const ppid = fields.decimal("ppid");
    const success = fields.plain("success");
    record.number = number;
    record.success = success === "yes" ? 1 : success === "no" ? 0 : -1;
    record.exit = fields.decimal("exit") ?? 0;
    record.a0 = argumentOf(fields, "a0");
    record.a1 = argumentOf(fields, "a1");
    record.items = fields.decimal("items") ?? 0;
    record.pid = pid;
    record.ppid = ppid !== null && isPid(ppid) ? ppid : 0;
    const comm = fields.text("comm") ?? "";
    record.task = { id: nextTask++, comm, exe: fields.text("exe") };
    this.#setArch(arch);
    return null;
  }

  #setArch(archNumber: number): void {
    const record = this.record;
    if (archNumber !== this.#archNumber || record.arch.abi.machine === "x32") record.arch = auditArch(archNumber);
    this.#archNumber = archNumber;
    if (record.number >= 0x40000000 && record.arch.x32 !== null) {
      record.arch = record.arch.x32;
      record.number -= 0x40000000;
    }
  }

  /** Reads up to nine digits at `at` and leaves `#at` at the space after them, or at the `=` before when it is no such number. */
  #decimal(bytes: Uint8Array, at: number): number {
    let value = 0;
    let p = at;
    for (let digit = (bytes[p] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[++p] as number) - 0x30)
      value = (value * 10 + digit) | 0;
    // Ten digits: system call numbers of x32 (1073742344) still fit 31 bits.
    const ok = p > at && (p - at < 10 || (p - at === 10 && bytes[at] === 0x31)) && bytes[p] === SPACE;
    this.#at = ok ? p : at - 1;
    return value;
  }

  #signed(bytes: Uint8Array, at: number): number {
    const negative = bytes[at] === 0x2d;
    const from = negative ? at + 1 : at;
    let value = 0;
    let p = from;
    for (let digit = (bytes[p] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[++p] as number) - 0x30)
      value = value * 10 + digit;
    this.#at = p > from && p - from <= 15 && bytes[p] === SPACE ? p : at - 1;
    return negative ? -value : value;
  }

  /** Low 32 bits, unsigned, of a lower-case hexadecimal number of at most 16 digits. */
  #hex(bytes: Uint8Array, at: number): number {
    let value = 0;
    let p = at;
    for (;;) {
      const byte = bytes[p] as number;
      let digit = byte - 0x30;
      if (digit > 9) digit = byte - 0x57 >= 10 ? byte - 0x57 : 16;
      if (!(digit >= 0 && digit <= 15)) break;
      value = (value << 4) | digit;
      p++;
    }
    this.#at = p > at && p - at <= 16 && bytes[p] === SPACE ? p : at - 1;
    return value >>> 0;
  }
}

/** A call that is none of those that matter. */
const NO_CALL = 0x3fff;

/** Machine and call, by number or, from `ausearch -i`, by name. */
function whichCall(fields: RecordFields): { arch: number | null; number: number | null } {
  const machine = fields.plain("arch") ?? "";
  const call = fields.plain("syscall") ?? "";
  const arch = fields.hex32("arch") ?? archOfMachine(machine);
  const named = /^[a-z_]\w*$/.test(call) && arch !== null;
  const number = named
    ? (processCall(auditArch(arch).abi.machine, call) ?? NO_CALL)
    : (fields.decimal("syscall") ?? numberInWords(call));
  return { arch, number };
}

/** `unknown-syscall(471)`. */
function numberInWords(text: string): number | null {
  const number = /^unknown-syscall\((\d{1,10})\)$/.exec(text)?.[1];
  return number === undefined ? null : Number(number);
}

const CLONE_THREAD = 0x10000;

/** Low 32 bits of an argument; of its names only those that matter: signals, statuses and CLONE_THREAD. */
function argumentOf(fields: RecordFields, name: string): number {
  const number = fields.hex32(name);
  if (number !== null) return number;
  const text = fields.plain(name) ?? "";
  if (text.startsWith("SIG")) return numberOf("signal", text) ?? 0;
  if (text === "UNKNOWN") return -1;
  return /\bCLONE_THREAD\b/.test(text) ? CLONE_THREAD : 0;
}

/** Whether a number can be a process (PID_MAX_LIMIT is 2^22; 0 is the idle task and the parent of PID 1). */
export function isPid(number: number): boolean {
  return number >= 0 && number <= 0x400000;
}
