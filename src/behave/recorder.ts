import type { CallName, CallSink } from "../model/calls.ts";
import type { Untrusted } from "../model/text.ts";
import { Life } from "./life.ts";
import { Program } from "./program.ts";
import type { ProgramBehaviour } from "./result.ts";
import { OUTCOME, Steps } from "./steps.ts";

/** Lives and programs that are kept at once; a host has 32,768 processes unless told otherwise. */
const MOST_LIVES = 65_536;
const MOST_PROGRAMS = 2048;
/** Calls that do not come back: what they were given tells how the process ends. */
const ENDS = new Set(["exit", "exit_group", "_exit", "_Exit", "quick_exit"]);

/** Which of the processes that are recorded belong to what is looked at. */
export interface Membership {
  /** Task names of the storm's program, and its file: a process that was met in its life is known by its name alone. */
  names: ReadonlyMap<Untrusted, Untrusted | null>;
}

/**
 * Counts the calls of processes and compares their generations. Holds the living, one sum a program, and a bounded
 * number of different sequences: memory does not grow with the number of calls or of the dead.
 */
export class CallRecorder implements CallSink {
  readonly #steps = new Steps();
  readonly #names: Membership["names"];
  readonly #lives = new Map<number, Life>();
  readonly #programs = new Map<string, Program>();
  /** Task → the call it is in, and since when. */
  readonly #open = new Map<number, { call: number; since: number }>();
  readonly #ends: boolean[] = [];
  readonly #library: boolean[] = [];
  readonly #dropped = new Set<number>();
  /** Processes that were recorded and have nothing to do with the target. */
  bystanders = 0;

  constructor(membership: Membership) {
    this.#names = membership.names;
  }

  call(name: CallName): number {
    const number = this.#steps.call(name);
    this.#ends[number] = ENDS.has(name.name);
    this.#library[number] = name.kind === "library";
    return number;
  }

  known(pid: number, exe: Untrusted | null, comm: Untrusted): void {
    if (this.#lives.has(pid)) return;
    this.#lives.set(pid, new Life(pid, this.#program(exe, comm), true, false));
  }

  born(_ts: number, parent: number, child: number, comm: Untrusted): void {
    const from = this.#met(parent);
    this.#decide(from, comm);
    const former = this.#lives.get(child);
    // The same number again: the end of its former bearer was lost.
    if (former !== undefined) this.#settle(former, false, null);
    if (this.#lives.size < MOST_LIVES) this.#lives.set(child, new Life(child, from.program, from.member, true));
  }

  execed(_ts: number, pid: number, file: Untrusted): void {
    const life = this.#met(pid);
    const comm = file.slice(file.lastIndexOf("/") + 1).slice(0, 15);
    if (life.member === null) this.#decide(life, comm);
    life.program = this.#program(file, comm);
  }

  ended(_ts: number, pid: number, comm: Untrusted, signal: number): void {
    const life = this.#lives.get(pid);
    if (life === undefined) return;
    this.#decide(life, comm);
    const open = this.#open.get(pid);
    if (open !== undefined) {
      this.#open.delete(pid);
      life.system.add(this.#steps.step(open.call, OUTCOME.unfinished));
    }
    this.#settle(life, true, signal === 0 ? null : signal);
  }

  entered(ts: number, pid: number, task: number, call: number, argument: number): void {
    if (this.#dropped.has(call)) return;
    const life = this.#met(pid);
    life.tally(call).count++;
    if (this.#library[call] === true) {
      if (task === pid) life.library.add(this.#steps.step(call, this.#outcomeOf(call, argument)));
      return;
    }
    if (this.#ends[call] === true) {
      if (task === pid) life.system.add(this.#steps.step(call, this.#outcomeOf(call, argument)));
      return;
    }
    const open = this.#open.get(task);
    if (open === undefined) {
      if (this.#open.size < MOST_LIVES) this.#open.set(task, { call, since: ts });
      return;
    }
    // The return was lost.
    open.call = call;
    open.since = ts;
  }

  dropped(call: number): void {
    this.#dropped.add(call);
    for (const program of this.#programs.values()) program.drop(call);
    for (const life of this.#lives.values()) {
      life.tallies.delete(call);
      life.libraryCut = true;
    }
  }

  returned(ts: number, pid: number, task: number, result: number): void {
    const open = this.#open.get(task);
    // A child comes back from a fork that its parent called; so does whoever was in a call when the recording began.
    if (open === undefined) return;
    this.#open.delete(task);
    const life = this.#met(pid);
    const tally = life.tally(open.call);
    tally.returned++;
    tally.ns += ts - open.since;
    const errno = result < 0 && result >= -4095 ? -result : 0;
    if (errno > 0) {
      tally.errors ??= new Map();
      tally.errors.set(errno, (tally.errors.get(errno) ?? 0) + 1);
    }
    if (task === pid) life.system.add(this.#steps.step(open.call, errno));
  }

  /** Ends the recording: what every program did, those with the most processes first. To be called once. */
  finish(): ProgramBehaviour[] {
    for (const life of this.#lives.values()) this.#settle(life, false, null);
    return [...this.#programs.values()]
      .filter((program) => program.processes > 0)
      .sort((a, b) => b.processes - a.processes)
      .map((program) => program.told(this.#steps));
  }

  #outcomeOf(call: number, argument: number): number {
    return this.#ends[call] === true ? OUTCOME.exitCode + (argument & 0xff) : OUTCOME.well;
  }

  #met(pid: number): Life {
    let life = this.#lives.get(pid);
    if (life === undefined) {
      life = new Life(pid, null, null, false);
      if (this.#lives.size < MOST_LIVES) this.#lives.set(pid, life);
    }
    return life;
  }

  /** Whose child or what it is was not seen: then its name tells, which it bears since a fork or an exec. */
  #decide(life: Life, comm: Untrusted): void {
    if (life.member !== null) return;
    const exe = this.#names.get(comm);
    life.member = exe !== undefined;
    if (life.member && life.program === null) life.program = this.#program(exe ?? null, comm);
  }

  #program(exe: Untrusted | null, comm: Untrusted): Program {
    const file = exe ?? this.#names.get(comm) ?? null;
    const key = file ?? `\0${comm}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new Program(file, comm);
      if (this.#programs.size < MOST_PROGRAMS) this.#programs.set(key, program);
    }
    return program;
  }

  #settle(life: Life, dead: boolean, killedBy: number | null): void {
    this.#lives.delete(life.pid);
    if (life.member === true && life.program !== null) life.program.take(life, dead, killedBy);
    else this.bystanders++;
  }
}
