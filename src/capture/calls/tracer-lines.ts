import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import type { CallSink } from "../../model/calls.ts";
import { skip, type SourceLedger } from "../../model/ledger.ts";

/** Calls that make a process; a thread is told by CLONE_THREAD in the flags. */
const FORKS = /^(?:SYS_)?(?:fork|vfork|clone|clone2|clone3)$/;
const EXECS = /^execve(?:at)?$/;
const EXITS = /^(?:SYS_)?(?:exit|exit_group|_exit|_Exit|quick_exit)$/;
const MOST_WAITING = 4096;
const ERRNOS = new Map([...getSystemErrorMap()].map(([number, [name]]) => [name, number]));

/**
 * Understands what strace and ltrace print with `-f -ttt -o`: one line a call, with the task's number and the time.
 * Feeds the calls to a sink. A line that is not understood is counted and kept as an example.
 */
export class TracerLines {
  /** Calls passed on. */
  calls = 0;
  lines = 0;
  readonly #sink: CallSink;
  readonly #kind: "system" | "library";
  readonly #ledger: SourceLedger;
  readonly #known = new Set<number>();
  /** Task → its process, for threads. */
  readonly #processOf = new Map<number, number>();
  /** Task → the file of the exec that it is in. */
  readonly #executing = new Map<number, string>();
  /** Tasks whose fork has not been matched with a child, the oldest first. */
  #forking: { pid: number; thread: boolean }[] = [];
  #originSeconds: number | null = null;

  constructor(sink: CallSink, kind: "system" | "library", ledger: SourceLedger) {
    this.#sink = sink;
    this.#kind = kind;
    this.#ledger = ledger;
  }

  /** A process that is attached to, with its other threads. */
  attached(pid: number, threads: readonly number[]): void {
    this.#known.add(pid);
    for (const thread of threads) {
      this.#known.add(thread);
      this.#processOf.set(thread, pid);
    }
  }

  /** One line without its end: `812   1700000000.123456 openat(AT_FDCWD, "x", O_RDONLY) = 3`. */
  line(text: string): void {
    if (text === "") return;
    this.lines++;
    const head = /^(\d+) +(\d+\.\d+) (.*)$/s.exec(text);
    if (head === null) return this.#skip(text, "no task and time at its beginning");
    const task = Number(head[1]);
    const seconds = Number(head[2]);
    this.#originSeconds ??= seconds;
    this.#body(Math.max(0, seconds - this.#originSeconds) * 1e9, task, head[3] as string, text);
  }

  #body(ts: number, task: number, body: string, whole: string): void {
    const pid = this.#meet(ts, task);
    if (body.startsWith("--- ") || body.startsWith(" > ")) return;
    const end = /^\+\+\+ (?:exited (?:with|\(status) (\d+)\)?|killed by (\w+).*) \+\+\+$/.exec(body);
    if (end !== null) return this.#ended(ts, task, pid, end[2] === undefined ? 0 : signalNumber(end[2]));
    if (body.startsWith("+++ ")) return;
    const resumed = /^<\.\.\. (\S+) resumed>(.*)$/s.exec(body);
    if (resumed !== null) return this.#returned(ts, pid, task, resumed[1] as string, resumed[2] as string);
    const call = /^(?:[\w.+-]+->)?([A-Za-z_][\w@.]*)\((.*)$/s.exec(body);
    if (call === null) return this.#skip(whole, "neither a call nor a signal nor an end");
    const [, name, rest] = call as unknown as [string, string, string];
    this.#entered(ts, pid, task, name, rest);
    if (/<(?:unfinished|no return|detached) \.\.\.>?$/.test(rest)) return;
    // strace -T: the time stamp is that of the entry, and `<0.000254>` how long it took.
    const took = Number(/<(\d+\.\d+)>$/.exec(rest)?.[1] ?? 0);
    this.#returned(ts + took * 1e9, pid, task, name, rest);
  }

  /** A task that turns up is the child of the oldest fork whose child has not turned up. */
  #meet(ts: number, task: number): number {
    if (this.#known.has(task)) return this.#processOf.get(task) ?? task;
    this.#known.add(task);
    const from = this.#forking.shift();
    if (from === undefined) return task;
    if (from.thread) this.#processOf.set(task, from.pid);
    else this.#sink.born(ts, from.pid, task, "");
    return from.thread ? from.pid : task;
  }

  #entered(ts: number, pid: number, task: number, name: string, rest: string): void {
    this.calls++;
    const argument = EXITS.test(name) ? Number(/^\s*(-?\d+)/.exec(rest)?.[1] ?? 0) : 0;
    this.#sink.entered(ts, pid, task, this.#sink.call({ kind: this.#kind, name, library: null }), argument);
    if (EXECS.test(name)) this.#executing.set(task, /"((?:[^"\\]|\\.)*)"/.exec(rest)?.[1] ?? "");
    if (!FORKS.test(name)) return;
    if (this.#forking.length >= MOST_WAITING) this.#forking = [];
    this.#forking.push({ pid, thread: rest.includes("CLONE_THREAD") });
  }

  #returned(ts: number, pid: number, task: number, name: string, rest: string): void {
    const result = /\) *= (-?\d+|0x[0-9a-f]+|\?|<void>)(?: (E[A-Z0-9]+))?[^=]*$/.exec(rest);
    if (FORKS.test(name) && (result === null || !/^[1-9]/.test(result[1] as string))) this.#forgetFork(pid);
    if (result === null || this.#kind === "library") return;
    const file = this.#executing.get(task);
    if (EXECS.test(name)) this.#executing.delete(task);
    if (file !== undefined && result[1] === "0") this.#sink.execed(ts, pid, file);
    const errno = result[2] === undefined ? 0 : (ERRNOS.get(result[2]) ?? -1);
    this.#sink.returned(ts, pid, task, result[1] === "-1" ? errno : 0);
  }

  #forgetFork(pid: number): void {
    const at = this.#forking.findIndex((fork) => fork.pid === pid);
    if (at >= 0) this.#forking.splice(at, 1);
  }

  #ended(ts: number, task: number, pid: number, signal: number): void {
    this.#known.delete(task);
    this.#processOf.delete(task);
    if (task === pid) this.#sink.ended(ts, pid, "", signal);
  }

  #skip(text: string, why: string): void {
    skip(this.#ledger, `line ${this.lines}`, why, text);
  }
}

function signalNumber(name: string): number {
  return (constants.signals as Readonly<Record<string, number>>)[name] ?? 0;
}
