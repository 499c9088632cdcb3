import { signalNumber, childSignal, waitStatus } from "../tracer/child-status.ts";
import { CALL, type CallName } from "../tracer/call-names.ts";
import { readExecArguments } from "../tracer/exec-arguments.ts";
import { LINE } from "../tracer/process-tree.ts";
import { findResult, type CallResult } from "../tracer/result.ts";
import type { Dialect, Session } from "../tracer/session.ts";
import type { ExecTarget, OpenCall, Tracee } from "../tracer/tracee.ts";
import { ascii, decimal, matches, SPACE } from "../text/bytes.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { makesThread, tracersNumber } from "./fork-flags.ts";

const EAGAIN = 11;
/** Any interrupted call of which nothing must be kept: one for all. */
const OTHER_CALL: OpenCall = { name: -1, action: CALL.other, exec: null, thread: false, line: 0, told: 0 };
const RESUMED = ascii(" resumed>");
const EXITED = ascii("+++ exited with ");
const CHANGED = /<pid changed to (\d+) \.\.\.>$/;
const LONGEST_NAME = 80;
const LONGEST_RESULT = 600;
const INTERRUPTING = /\d (\+\+\+ superseded by execve in pid \d+ \+\+\+)$/;
const SUPERSEDED = /superseded by execve in pid (\d+)/;

/** What strace writes behind the leader of a line (src/syscall.c, src/signal.c, src/strace.c print_exited and others), 4.5 to 7. */
export class StraceBody implements Dialect {
  readonly id = "strace";
  readonly #session: Session;
  readonly #targets = new ByteInterner<ExecTarget | null>(readExecArguments);

  constructor(session: Session) {
    this.#session = session;
  }

  body(bytes: Uint8Array, at: number, to: number): string | null {
    switch (bytes[at]) {
      case 0x3c: // <... name resumed>
        return this.#resumed(bytes, at, to);
      case 0x2d: // --- SIGCHLD
        return bytes[at + 1] === 0x2d && bytes[at + 2] === 0x2d ? this.#signal(bytes, at, to) : "no line of strace";
      case 0x2b: // +++ exited with
        return bytes[at + 1] === 0x2b && bytes[at + 2] === 0x2b ? this.#end(bytes, at, to) : "no line of strace";
      case 0x3e: // > /lib/libc.so.6(wait4+0x13), a stack (-k)
      case 0x7c: // | 00000  a dump (-e read)
        return bytes[at + 1] === SPACE ? null : "no line of strace";
      default:
        return this.#call(bytes, at, to);
    }
  }

  #call(bytes: Uint8Array, from: number, to: number): string | null {
    let at = from;
    let byte = bytes[at] as number;
    while (
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x5f ||
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x41 && byte <= 0x5a)
    )
      byte = bytes[++at] as number;
    if (byte !== 0x28 || at === from || at - from > LONGEST_NAME) return this.#noCall(bytes, from, to);
    const interrupted = bytes[to - 1] === 0x3e && bytes[to - 2] === 0x2e && bytes[to - 3] === 0x2e;
    if (!interrupted && !hasResult(bytes, at, to)) return this.#superseded(bytes, at, to);
    const name = this.#session.names.get(bytes, from, at);
    name.count++;
    const tracee = this.#session.writer(LINE.call);
    if (tracee.leader === null) tracee.trail = this.#session.sequences.with(tracee.trail, name.id);
    if (interrupted) this.#interrupted(tracee, name, bytes, at + 1, to);
    else if (name.action !== CALL.other) this.#whole(tracee, name, bytes, at + 1, to);
    return null;
  }

  /** `12 pause(12 +++ superseded by execve in pid 13 +++`: with -qq strace does not end the line that it interrupts. */
  #superseded(bytes: Uint8Array, from: number, to: number): string | null {
    const found = bytes[to - 1] === 0x2b ? INTERRUPTING.exec(latin1(bytes, Math.max(from, to - 80), to)) : null;
    return found === null ? "a call without its result" : this.#end(bytes, to - (found[1] as string).length, to);
  }

  #noCall(bytes: Uint8Array, from: number, to: number): string | null {
    const text = latin1(bytes, from, Math.min(to, from + 200));
    if (/^(?:strace: |System call usage summary |\[ Process PID=)/.test(text)) return null;
    return "no line of strace";
  }

  /** `name(args = result`. */
  #whole(tracee: Tracee, name: CallName, bytes: Uint8Array, from: number, to: number): void {
    if (name.action === CALL.exit || name.action === CALL.exitGroup) return this.#exits(tracee, name, bytes, from);
    const result = findResult(bytes, from, to, name.action !== CALL.fork);
    if (result === null) return;
    const exec = name.action === CALL.exec ? this.#target(bytes, from, result.at) : null;
    const thread = name.action === CALL.fork && makesThread(bytes, from, result.at);
    this.#returned(tracee, name, result, exec, thread, bytes, from, to, this.#session.place.line);
  }

  /** `name(args <unfinished ...>`, `<detached ...>`, `<pid changed to N ...>`. */
  #interrupted(tracee: Tracee, name: CallName, bytes: Uint8Array, from: number, to: number): void {
    const { action } = name;
    if (action === CALL.exit || action === CALL.exitGroup) return this.#exits(tracee, name, bytes, from);
    const exec = action === CALL.exec ? this.#target(bytes, from, to) : null;
    const thread = action === CALL.fork && makesThread(bytes, from, to);
    const { tree, place } = this.#session;
    if (action === CALL.other) return tree.opens(tracee, OTHER_CALL);
    tree.opens(tracee, { name: name.id, action, exec, thread, line: place.line, told: 0 });
    if (action === CALL.exec) this.#changed(tracee, bytes, from, to);
  }

  #changed(tracee: Tracee, bytes: Uint8Array, from: number, to: number): void {
    const found = CHANGED.exec(latin1(bytes, Math.max(from, to - 48), to));
    if (found !== null) this.#session.tree.takesOver(tracee, Number(found[1]));
  }

  /** `<... name resumed>rest`; up to 4.26 a blank stands before the rest. */
  #resumed(bytes: Uint8Array, from: number, to: number): string | null {
    let at = from + 5;
    const last = Math.min(to, at + LONGEST_NAME);
    while (at < last && bytes[at] !== SPACE) at++;
    if (bytes[from + 1] !== 0x2e || !matches(bytes, at, RESUMED)) return "no line of strace";
    const name = this.#session.names.get(bytes, from + 5, at);
    const { tree, place } = this.#session;
    const tracee = this.#session.writer(LINE.resumed);
    const rest = at + RESUMED.length;
    const interrupted = bytes[to - 1] === 0x3e && bytes[to - 2] === 0x2e && bytes[to - 3] === 0x2e;
    if (interrupted) {
      if (name.action === CALL.exec) this.#changed(tracee, bytes, rest, to);
      return null;
    }
    if (name.action === CALL.other || name.action === CALL.exit || name.action === CALL.exitGroup) {
      tree.closes(tracee);
      return null;
    }
    const result = findResult(bytes, rest - 1, to, name.action !== CALL.fork);
    const thread = tracee.open?.thread === true || (name.action === CALL.fork && makesThread(bytes, rest, to));
    const exec = tracee.open?.exec ?? null;
    const line = tracee.open?.line ?? place.line;
    if (result !== null) this.#returned(tracee, name, result, exec, thread, bytes, rest, to, line);
    tree.closes(tracee);
    return result === null ? "a call without its result" : null;
  }

  #returned(
    tracee: Tracee,
    { action }: CallName,
    result: CallResult,
    exec: ExecTarget | null,
    thread: boolean,
    bytes: Uint8Array,
    from: number,
    to: number,
    line: number,
  ): void {
    const { tree, tally, where } = this.#session;
    const { value, error } = result;
    switch (action) {
      case CALL.fork:
        if (error !== 0) {
          tally.note(tally.failedForks, where);
          if (error === -EAGAIN) tally.failedForksForLimit++;
        } else if (value !== null && value > 0) {
          if (thread) tally.threads++;
          else tally.forks++;
          const child = bytes[to - 1] === 0x2f ? (tracersNumber(bytes, result.at, to) ?? value) : value;
          tree.forked(tracee, child, thread, line);
        }
        return;
      case CALL.exec:
        if (exec === null || (value === null && error === 0)) return;
        if (error === 0) {
          tally.execs++;
          if (exec.argv !== null) tally.argv++;
        } else tally.note(tally.failedExecs, where);
        return tree.executed(tracee, exec, error);
      case CALL.wait: {
        const text = latin1(bytes, from, Math.min(to, result.at));
        const info = text.includes("si_pid=") ? childSignal(text) : null;
        const child = value === null || error !== 0 ? 0 : (info?.pid ?? value);
        const ended = info ?? waitStatus(text);
        if (child <= 0 || text.includes("WNOWAIT")) return;
        tally.waits++;
        if (ended !== null) tree.waited(tracee, child, ended.how, { ...ended, comm: info?.comm ?? "" });
        return;
      }
      case CALL.ownNumber:
        if (value !== null && error === 0) tree.isNumbered(tracee, value);
    }
  }

  /** exit_group ends the process; exit only a thread, so that of a process with threads its last word is awaited. */
  #exits(tracee: Tracee, { action }: CallName, bytes: Uint8Array, from: number): void {
    const { tree, tally } = this.#session;
    if (action === CALL.exit && (tracee.leader !== null || tracee.threads > 0)) return;
    // `exit_group(status=3)` with names of arguments (-N).
    let at = from;
    while ((bytes[at] as number) >= 0x5f && (bytes[at] as number) <= 0x7a) at++;
    const negative = bytes[bytes[at] === 0x3d ? at + 1 : at] === 0x2d;
    const status = decimal(bytes, (bytes[at] === 0x3d ? at + 1 : at) + (negative ? 1 : 0));
    if (status === -1) return;
    const code = negative ? -status : status;
    tally.ends++;
    tree.ended(tracee.process, code & 0xff, null);
  }

  #signal(bytes: Uint8Array, from: number, to: number): string | null {
    // `--- SIGCHLD ` in bytes: nothing else is looked into.
    const isChild =
      bytes[from + 7] === 0x43 && bytes[from + 8] === 0x48 && bytes[from + 9] === 0x4c && bytes[from + 10] === 0x44;
    if (bytes[from + 3] !== SPACE) return "no line of strace";
    const receiver = this.#session.writer(LINE.other);
    if (!isChild) return null;
    const { tree, tally } = this.#session;
    const text = latin1(bytes, from + 11, Math.min(to, from + 512));
    const info = childSignal(text);
    if (info !== null) {
      tally.childSignals++;
      tree.childSignal(receiver, info.pid, info.how, info);
    } else if (text.startsWith(" (Child exited)")) {
      tally.childSignals++;
      tally.namelessSignals++;
      tree.childSignal(receiver, 0, 0, { code: null, signal: null, comm: "" });
    }
    return null;
  }

  #end(bytes: Uint8Array, from: number, to: number): string | null {
    if (matches(bytes, from, EXITED)) {
      const code = decimal(bytes, from + EXITED.length);
      if (code !== -1 && bytes[to - 1] === 0x2b) return this.#ended(code & 0xff, null);
    }
    const text = latin1(bytes, from, Math.min(to, from + 120));
    const exited = /^\+\+\+ exited with (\d+) \+\+\+/.exec(text);
    const killed = exited === null ? /^\+\+\+ killed by (\w[\w+]*)/.exec(text) : null;
    if (exited === null && killed === null) {
      const superseded = SUPERSEDED.exec(text);
      if (superseded === null) return "no line of strace";
      const { tree } = this.#session;
      const thread = tree.known(Number(superseded[1]));
      if (thread?.open?.action === CALL.exec) tree.takesOver(thread, this.#session.writer(LINE.other).pid);
      return null;
    }
    const code = exited === null ? null : Number(exited[1]) & 0xff;
    return this.#ended(code, killed === null ? null : signalNumber(killed[1] as string));
  }

  #ended(code: number | null, signal: number | null): null {
    const { tree, tally } = this.#session;
    const tracee = this.#session.writer(LINE.other);
    if (!tracee.ended) {
      tally.ends++;
      tree.ended(tracee, code, signal);
    }
    tree.gone(tracee);
    return null;
  }

  /** What an exec call executes; equal calls share one. The environment's address is left out: it differs each time. */
  #target(bytes: Uint8Array, from: number, to: number): ExecTarget | null {
    let end = to;
    for (let at = to - 1; at > from && at > to - 80; at--) {
      if (bytes[at] !== 0x2c || bytes[at + 1] !== SPACE || bytes[at - 1] !== 0x5d) continue;
      end = at;
      break;
    }
    return this.#targets.get(bytes, from, end);
  }
}

/** Whether a line may hold a result: ` = ` somewhere in its last part. */
function hasResult(bytes: Uint8Array, from: number, to: number): boolean {
  const last = Math.max(from, to - LONGEST_RESULT);
  for (let at = to - 1; at > last; at--) if (bytes[at] === 0x3d && bytes[at - 1] === SPACE) return true;
  return false;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  const length = Math.max(0, Math.min(to, bytes.length) - from);
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString("latin1");
}
