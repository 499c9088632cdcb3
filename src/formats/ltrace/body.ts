import { fromBytes } from "../../model/text.ts";
import { signalNumber } from "../tracer/child-status.ts";
import { CALL, type CallName } from "../tracer/call-names.ts";
import { LINE } from "../tracer/process-tree.ts";
import { findResult, type CallResult } from "../tracer/result.ts";
import type { Dialect, Session } from "../tracer/session.ts";
import type { ExecTarget, Tracee } from "../tracer/tracee.ts";
import { ascii, find, SPACE } from "../text/bytes.ts";
import { ByteInterner } from "../text/byte-interner.ts";

const RESUMED = ascii(" resumed>");
const ARROW = ascii("->");
const LONGEST_NAME = 300;
const LONGEST_RESULT = 600;
const EAGAIN = 11;
/** pid_max; what a wait call returns beyond it is -1 without its sign. */
const MOST_PID = 4_194_304;
/** The program of an exec that no line names: it was called where ltrace has no breakpoint. */
const UNNAMED: ExecTarget = { exe: "?", argv: null };

/**
 * What ltrace writes behind the leader of a line (output.c, handle_event.c), 0.5 to 0.7.91. Strings are not escaped: a quote in
 * an argument cannot be told from its end, so results are found from the right and arguments are not looked into, but for the
 * file of an exec.
 */
export class LtraceBody implements Dialect {
  readonly id = "ltrace";
  readonly #session: Session;
  readonly #files = new ByteInterner<ExecTarget>((bytes, from, to) => ({
    exe: fromBytes(bytes.subarray(from, to)),
    argv: null,
  }));

  constructor(session: Session) {
    this.#session = session;
  }

  body(bytes: Uint8Array, at: number, to: number): string | null {
    const byte = bytes[at];
    if (byte === 0x3c && bytes[at + 1] === 0x2e) return this.#resumed(bytes, at, to);
    if (byte === 0x2d && bytes[at + 1] === 0x2d) return this.#event(bytes, at, to);
    if (byte === 0x2b && bytes[at + 1] === 0x2b) return this.#end(bytes, at, to);
    // A line of a backtrace (-w).
    if (byte === 0x3e && bytes[at + 1] === SPACE) return null;
    return this.#call(bytes, at, to);
  }

  #call(bytes: Uint8Array, from: number, to: number): string | null {
    const last = Math.min(to, from + LONGEST_NAME);
    let at = from;
    while (at < last && bytes[at] !== 0x28) at++;
    if (at === last || at === from) {
      const text = latin1(bytes, from, Math.min(to, from + 80));
      return /^(?:unexpected breakpoint|Warning: |Couldn't |Can't )/.test(text) ? null : "no line of ltrace";
    }
    const interrupted = endsInDots(bytes, to);
    if (!interrupted && !hasResult(bytes, at, to)) return "a call without its result";
    const name = this.#nameAt(bytes, from, at);
    name.count++;
    const tracee = this.#session.writer(LINE.call);
    if (tracee.leader === null) tracee.trail = this.#session.sequences.with(tracee.trail, name.id);
    const { action } = name;
    if (action === CALL.other || action === CALL.exit || action === CALL.exitGroup) return null;
    if (interrupted) {
      // The system call inside a library call is told by itself; the outer one keeps its place.
      if (tracee.open !== null && isSystemCall(name) && action !== CALL.exec) return null;
      const exec = action === CALL.exec ? this.#file(bytes, at + 1, to) : null;
      const { place, tree } = this.#session;
      tree.opens(tracee, { name: name.id, action, exec, thread: false, line: place.line, told: 0 });
      return null;
    }
    const result = findResult(bytes, at, to, false);
    if (result !== null) this.#returned(tracee, name, result, bytes, at + 1, this.#session.place.line);
    return null;
  }

  #resumed(bytes: Uint8Array, from: number, to: number): string | null {
    const begin = from + "<... ".length;
    const end = find(bytes, begin, Math.min(to, from + LONGEST_NAME), RESUMED);
    if (end === -1) return "no line of ltrace";
    const name = this.#nameAt(bytes, begin, end);
    const { tree, place } = this.#session;
    const tracee = this.#session.writer(LINE.resumed);
    if (endsInDots(bytes, to)) return null;
    const { open } = tracee;
    const result = name.action === CALL.other ? null : findResult(bytes, end, to, false);
    if (result !== null && (open === null || open.told === 0 || open.told !== result.value))
      this.#returned(tracee, name, result, bytes, end, open?.line ?? place.line);
    if (open !== null && open.name === name.id) tree.closes(tracee);
    return null;
  }

  #returned(tracee: Tracee, name: CallName, result: CallResult, bytes: Uint8Array, from: number, line: number): void {
    const { tree, tally, where } = this.#session;
    const { value } = result;
    if (value === null) return;
    switch (name.action) {
      case CALL.fork: {
        if (value < 0 || value > MOST_PID) {
          tally.note(tally.failedForks, where);
          if (value === -EAGAIN) tally.failedForksForLimit++;
        }
        if (value <= 0 || value > MOST_PID) return;
        const thread = name.name === "SYS_clone" && makesThread(bytes, from, result.at);
        if (thread) tally.threads++;
        else tally.forks++;
        tree.forked(tracee, value, thread, line);
        if (tracee.open !== null) tracee.open.told = value;
        return;
      }
      case CALL.exec:
        return tally.note(tally.failedExecs, where);
      case CALL.wait:
        if (value <= 0 || value > MOST_PID) return;
        tally.waits++;
        return tree.waited(tracee, value, 0, { code: null, signal: null, comm: "" });
      case CALL.ownNumber:
        tree.isNumbered(tracee, value);
    }
  }

  /** `--- SIGCHLD (Child exited) ---`, `--- Called exec() ---`. */
  #event(bytes: Uint8Array, from: number, to: number): string | null {
    const text = latin1(bytes, from, Math.min(to, from + 80));
    const { tree, tally } = this.#session;
    if (text.startsWith("--- Called exec() ---")) {
      const tracee = this.#session.writer(LINE.other);
      tally.execs++;
      tree.executed(tracee, tracee.open?.exec ?? UNNAMED, 0);
      tree.closes(tracee);
      return null;
    }
    if (!/^--- \S/.test(text)) return "no line of ltrace";
    const receiver = this.#session.writer(LINE.other);
    if (!text.startsWith("--- SIGCHLD ")) return null;
    tally.childSignals++;
    tally.namelessSignals++;
    tree.childSignal(receiver, 0, 0, { code: null, signal: null, comm: "" });
    return null;
  }

  /** `+++ exited (status 3) +++`, `+++ killed by SIGABRT +++`. */
  #end(bytes: Uint8Array, from: number, to: number): string | null {
    const text = latin1(bytes, from, Math.min(to, from + 80));
    const exited = /^\+\+\+ exited \(status (\d+)\) \+\+\+/.exec(text);
    const killed = exited === null ? /^\+\+\+ killed by (\w[\w+]*)/.exec(text) : null;
    if (exited === null && killed === null) return "no line of ltrace";
    const tracee = this.#session.writer(LINE.other);
    const { tree, tally } = this.#session;
    if (!tracee.ended) {
      tally.ends++;
      const code = exited === null ? null : Number(exited[1]) & 0xff;
      tree.ended(tracee, code, killed === null ? null : signalNumber(killed[1] as string));
    }
    tree.gone(tracee);
    return null;
  }

  /** The name of a call without the library before it (`libc.so.6->fork`) or behind it (`fork@libc.so.6`). */
  #nameAt(bytes: Uint8Array, from: number, to: number): CallName {
    const arrow = find(bytes, from, to, ARROW);
    const start = arrow === -1 ? from : arrow + ARROW.length;
    let end = start;
    while (end < to && bytes[end] !== 0x40) end++;
    return this.#session.names.get(bytes, start, end === start ? to : end);
  }

  /** The file of an exec: its first string, up to the quote that a comma, the dots of a cut string or the end follows. */
  #file(bytes: Uint8Array, from: number, to: number): ExecTarget | null {
    if (bytes[from] !== 0x22) return null;
    for (let at = from + 1; at < to; at++) {
      const next = bytes[at + 1] as number;
      if (bytes[at] === 0x22 && (next === 0x2c || next === 0x2e || next === 0x29 || next === SPACE))
        return at === from + 1 ? null : this.#files.get(bytes, from + 1, at);
    }
    return null;
  }
}

function isSystemCall({ name }: CallName): boolean {
  return name.startsWith("SYS_");
}

/** ` <unfinished ...>` or ` <no return ...>`. */
function endsInDots(bytes: Uint8Array, to: number): boolean {
  return bytes[to - 1] === 0x3e && bytes[to - 2] === 0x2e && bytes[to - 3] === 0x2e;
}

/** The flags of clone come first on every machine but s390. */
function makesThread(bytes: Uint8Array, from: number, to: number): boolean {
  const flags = Number.parseInt(latin1(bytes, from, Math.min(to, from + 20)), 16);
  return Number.isFinite(flags) && Math.floor(flags / 0x10000) % 2 === 1;
}

function hasResult(bytes: Uint8Array, from: number, to: number): boolean {
  const last = Math.max(from, to - LONGEST_RESULT);
  for (let at = to - 1; at > last; at--) if (bytes[at] === 0x3d && bytes[at - 1] === SPACE) return true;
  return false;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  const length = Math.max(0, Math.min(to, bytes.length) - from);
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("latin1");
}
