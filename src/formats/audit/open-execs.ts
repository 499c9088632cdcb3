import type { Untrusted } from "../../model/text.ts";
import { ascii, matches } from "../text/bytes.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { Arguments, readExecve, titleArguments, wholeArguments } from "./execve-record.ts";
import { encodedText, valueEnd } from "./field-values.ts";
import type { ExecCall, ProcessEvents } from "./process-events.ts";
import { RecordFields } from "./record-fields.ts";
import type { SerialNumbers } from "./serial-numbers.ts";
import type { SyscallRecord } from "./syscall-record.ts";
import { note, type Tally } from "./tally.ts";

/** An exec waits for its other records while at most so many SYSCALL records go by; records that come later are late. */
const PATIENCE = 128;
const MOST_ORPHANS = 256;
const MOST_BYTES = 16 << 20;

interface OpenExec extends ExecCall {
  arguments: Arguments | null;
  title: Untrusted[] | null;
  /** Number of SYSCALL records before it. */
  since: number;
}

/** Records whose SYSCALL record has not come: it comes later (reversed logs), or never (a file that begins within an event). */
interface Orphan {
  arguments: Arguments;
  file: Untrusted | null;
  since: number;
}

/** What the execs of all hosts of a stream share. */
export class SharedByExecs {
  readonly whole = new ByteInterner(wholeArguments);
  /** Bytes of arguments held for execs not told yet. */
  bytes = 0;
}

const ITEM_0 = ascii("item=0 name=");

/**
 * Puts the records of one host's execs together: SYSCALL tells who, EXECVE the arguments, PATH the file in vain. All other calls are told
 * by their SYSCALL record alone. The exec last begun stands apart, because its records nearly always follow at once.
 */
export class OpenExecs {
  readonly #events: ProcessEvents;
  readonly #tally: Tally;
  readonly #where: () => string;
  readonly #serials: SerialNumbers;
  readonly #shared: SharedByExecs;
  readonly #open = new Map<string, OpenExec>();
  readonly #orphans = new Map<string, Orphan>();
  #current: OpenExec | null = null;
  #syscalls = 0;

  constructor(events: ProcessEvents, serials: SerialNumbers, shared: SharedByExecs, tally: Tally, where: () => string) {
    this.#events = events;
    this.#serials = serials;
    this.#shared = shared;
    this.#tally = tally;
    this.#where = where;
  }

  /** Every SYSCALL record passes here first: execs left behind long enough are told as they are. */
  passSyscall(): void {
    this.#syscalls++;
    if (this.#current !== null) {
      this.#open.set(keyOf(this.#current.ms, this.#current.serial), this.#current);
      this.#current = null;
    }
    if (this.#open.size > 0) this.#tellOldest();
    if (this.#orphans.size > 0) this.#dropOrphans();
  }

  /** The SYSCALL record of an exec. */
  begin(record: SyscallRecord, ms: number, serial: number): void {
    const error = record.success === 0 ? Math.min(record.exit, -1) : 0;
    if (error !== 0) note(this.#tally.failedExecs, this.#where);
    const { pid, ppid, task, arch } = record;
    const exec: OpenExec = {
      pid,
      ppid,
      task,
      arch,
      error,
      ms,
      serial,
      arguments: null,
      title: null,
      since: this.#syscalls,
    };
    this.#current = exec;
    if (this.#orphans.size > 0) {
      const key = keyOf(ms, serial);
      const orphan = this.#orphans.get(key);
      if (orphan !== undefined) {
        this.#orphans.delete(key);
        exec.arguments = orphan.arguments;
        if (error !== 0 && orphan.file !== null) return this.#tell(exec, orphan.file);
        if (error === 0 && orphan.arguments.complete) return this.#tell(exec, null);
      }
    }
    if (error !== 0 && record.items === 0) this.#tell(exec, null);
  }

  execve(ms: number, serial: number, bytes: Uint8Array, body: number, to: number): void {
    const exec = this.#find(ms, serial);
    if (exec === null) {
      if (this.#serials.wasIncomplete(serial, ms)) return note(this.#tally.lateRecords, this.#where);
      if (!this.#serials.hadSyscall(serial, ms)) this.#gather(this.#orphan(ms, serial).arguments, bytes, body, to);
      return;
    }
    if (exec.error !== 0) return;
    if (exec.arguments === null) {
      const whole = this.#shared.whole.get(bytes, body, to);
      if (whole !== null) return this.#finish(exec, whole, null);
      exec.arguments = new Arguments();
    }
    this.#gather(exec.arguments, bytes, body, to);
    if (exec.arguments.complete) this.#tell(exec, null);
  }

  path(ms: number, serial: number, bytes: Uint8Array, body: number, to: number): void {
    const exec = this.#find(ms, serial);
    if (exec === null ? this.#serials.hadSyscall(serial, ms) : exec.error === 0) return;
    let file: Untrusted | null;
    if (matches(bytes, body, ITEM_0)) {
      const from = body + ITEM_0.length;
      file = encodedText(bytes, from, valueEnd(bytes, from, to));
    } else {
      const fields = new RecordFields(bytes, body, to);
      if (fields.decimal("item") !== 0) return;
      file = fields.text("name");
    }
    if (exec !== null) return this.#tell(exec, file);
    const orphan = this.#orphan(ms, serial);
    orphan.file ??= file;
  }

  /** PROCTITLE or EOE: the last record, unless the log is out of order. */
  last(ms: number, serial: number, bytes: Uint8Array, body: number, to: number): void {
    const exec = this.#find(ms, serial);
    if (exec === null || exec.error !== 0) return;
    exec.title ??= titleArguments(bytes, body, to);
    if (exec.arguments !== null && exec.arguments.reached) this.#tell(exec, null);
  }

  /** No more records: tells what is open. */
  end(): void {
    if (this.#current !== null) this.#open.set("current", this.#current);
    this.#current = null;
    for (const exec of this.#open.values()) this.#tell(exec, null);
    this.#syscalls = Number.POSITIVE_INFINITY;
    this.#dropOrphans();
  }

  #find(ms: number, serial: number): OpenExec | null {
    const current = this.#current;
    if (current !== null && current.serial === serial && current.ms === ms) return current;
    if (this.#open.size === 0) return null;
    return this.#open.get(keyOf(ms, serial)) ?? null;
  }

  #gather(into: Arguments, bytes: Uint8Array, body: number, to: number): void {
    const before = into.bytes;
    into.add(readExecve(bytes, body, to));
    this.#shared.bytes += into.bytes - before;
  }

  #orphan(ms: number, serial: number): Orphan {
    const key = keyOf(ms, serial);
    let orphan = this.#orphans.get(key);
    if (orphan === undefined)
      this.#orphans.set(key, (orphan = { arguments: new Arguments(), file: null, since: this.#syscalls }));
    if (this.#orphans.size > MOST_ORPHANS || this.#shared.bytes > MOST_BYTES) this.#dropOrphans();
    return orphan;
  }

  #dropOrphans(): void {
    for (const [key, orphan] of this.#orphans) {
      if (
        this.#syscalls - orphan.since <= PATIENCE &&
        this.#orphans.size <= MOST_ORPHANS &&
        this.#shared.bytes <= MOST_BYTES
      )
        return;
      this.#orphans.delete(key);
      this.#shared.bytes -= orphan.arguments.bytes;
      note(this.#tally.orphanRecords, this.#where);
    }
  }

  #tellOldest(): void {
    for (const exec of this.#open.values()) {
      if (this.#syscalls - exec.since <= PATIENCE && this.#shared.bytes <= MOST_BYTES) return;
      this.#tell(exec, null);
    }
  }

  #tell(exec: OpenExec, file: Untrusted | null): void {
    const argv = exec.error === 0 ? (exec.arguments?.list() ?? exec.title) : null;
    if (exec.error === 0 && (exec.arguments === null || !exec.arguments.reached)) {
      note(this.#tally.incompleteExecs, this.#where);
      this.#serials.noteIncomplete(exec.serial, exec.ms);
    }
    this.#finish(exec, argv, file);
  }

  #finish(exec: OpenExec, argv: Untrusted[] | null, file: Untrusted | null): void {
    if (exec === this.#current) this.#current = null;
    else this.#open.delete(keyOf(exec.ms, exec.serial));
    this.#shared.bytes -= exec.arguments?.bytes ?? 0;
    this.#events.exec(exec, argv, file);
  }
}

function keyOf(ms: number, serial: number): string {
  return `${ms} ${serial}`;
}
