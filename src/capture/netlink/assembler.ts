import { constants } from "node:os";
import type { EventSink, ExecEvent, ImageEvent, ProcessEvent } from "../../model/events.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { imageOf } from "../newest.ts";
import { readSmall } from "../procfs/read-small.ts";
import { parseStatLine } from "../procfs/stat-line.ts";
import { Threads } from "../../ftrace/threads.ts";
import { ExecNames } from "./exec-names.ts";
import { endOf } from "../../model/wait-status.ts";
import { What, type ProcEvent } from "./messages.ts";

/** Events wait this long: meanwhile /proc may tell what a sibling executes. */
const HOLD_BACK_NS = 150e6;
/** Look-ups after one draining, about 40 µs each. */
const LOOK_UPS = 24;
const LIMIT = 262_144;
/** Task names of reapers are asked for again after this many ends. */
const NAMES_LIMIT = 1024;

/** An exec whose program is not known yet, and who ran it. */
interface Unnamed {
  parent: number;
  event: ExecEvent;
}

/** What /proc said of a process; believed once it is sure that no exec came in between. */
interface Sighting {
  pid: number;
  exec: Unnamed;
  image: ImageEvent;
}

/** Makes model events of proc connector events, in the order of arrival, which is that of cause and effect. */
export class Assembler {
  readonly threads = new Threads();
  readonly names = new ExecNames();
  /** Events given to the sink. */
  events = 0;
  readonly #sink: EventSink;
  readonly #originNs: number;
  readonly #parentOf = new Map<number, number>();
  /** Status word of leaders that ended before other threads of their process. */
  readonly #leaders = new Map<number, number>();
  readonly #comms = new Map<number, Untrusted>();
  /** Living processes that run an unnamed program: those that executed it, and what they forked since. */
  readonly #runs = new Map<number, Unnamed>();
  /** Those of them that are new since the last look. */
  readonly #fresh = new Set<number>();
  readonly #unnamed = new Map<ProcessEvent, Unnamed>();
  #sightings: Sighting[] = [];
  #waiting: ProcessEvent[] = [];
  #now = 0;

  /** `originNs` (CLOCK_MONOTONIC) is time 0 of the events. */
  constructor(sink: EventSink, originNs: number) {
    this.#sink = sink;
    this.#originNs = originNs;
  }

  take(event: ProcEvent): void {
    // CPUs take their times a little before their messages are queued; the queue's order is the right one.
    this.#now = Math.max(this.#now, event.ns - this.#originNs);
    const [a, b, c, d, , f] = event.fields;
    if (event.what === What.fork) this.#fork(b, c, d);
    else if (event.what === What.exec) this.#exec(b);
    else if (event.what === What.exit) this.#exit(a, b, c, d, f);
  }

  /** After a draining: looks up what runs a program that has no name yet, as far as it can still live. */
  lookUp(): void {
    this.#believe();
    // The newest live longest from now on.
    const fresh = [...this.#fresh].reverse().slice(0, LOOK_UPS);
    this.#fresh.clear();
    for (const pid of fresh) {
      const exec = this.#runs.get(pid);
      if (exec === undefined || !this.#unnamed.has(exec.event)) continue;
      const image = imageOf(pid, this.#originNs);
      if (image === null) continue;
      this.#sightings.push({ pid, exec, image });
      // It lives at the time of the last event read; a later time would push the next events back.
      this.#waiting.push({ ...image, ts: this.#now });
    }
  }

  /** By now all events from before the sightings have been read: whoever still runs the same program was seen running it. */
  #believe(): void {
    for (const { exec, image } of this.#sightings) {
      if (!this.#unnamed.delete(exec.event)) continue;
      exec.event.exe = image.exe;
      exec.event.comm = image.comm;
      this.names.tell(exec.parent, image.exe, image.comm);
    }
    this.#sightings = [];
  }

  /** Gives the sink what has waited long enough; all of it with Infinity. */
  deliver(nowNs: number): void {
    const until = nowNs - this.#originNs - HOLD_BACK_NS;
    const keep = this.#waiting.findIndex((event) => event.ts > until);
    const due = keep < 0 ? this.#waiting : this.#waiting.slice(0, keep);
    this.#waiting = keep < 0 ? [] : this.#waiting.slice(keep);
    for (const event of due) {
      const unnamed = this.#unnamed.get(event);
      if (unnamed !== undefined) {
        this.#unnamed.delete(event);
        Object.assign(unnamed.event, this.names.infer(unnamed.parent));
      }
      this.events++;
      this.#sink(event);
    }
  }

  /** A new thread has its process's parent for a parent, so the process is taken from the child's side. */
  #fork(parent: number, task: number, child: number): void {
    const thread = task !== child;
    this.threads.born(task);
    this.#leaders.delete(task);
    if (thread) this.threads.add(task, child);
    else {
      if (this.#parentOf.size > LIMIT) this.#parentOf.clear();
      this.#parentOf.set(child, parent);
      this.names.forget(child);
      this.#comms.delete(child);
      this.#runsAs(child, this.#runs.get(parent));
    }
    const pid = thread ? child : parent;
    this.#waiting.push({ type: "fork", ts: this.#now, pid, comm: "", child: task, childClaim: null, thread });
  }

  #exec(pid: number): void {
    this.threads.execed(pid, pid);
    this.#leaders.delete(pid);
    this.#comms.delete(pid);
    const parent = this.#parent(pid);
    const event: ExecEvent = { type: "exec", ts: this.#now, pid, ppid: null, comm: "", exe: "", argv: null, error: 0 };
    const unnamed = { parent, event };
    this.#unnamed.set(event, unnamed);
    this.#sightings = this.#sightings.filter((sighting) => sighting.pid !== pid);
    this.#runsAs(pid, unnamed);
    this.#waiting.push(event);
  }

  #runsAs(pid: number, exec: Unnamed | undefined): void {
    this.#runs.delete(pid);
    if (exec === undefined || !this.#unnamed.has(exec.event) || this.#runs.size > LIMIT) return;
    this.#runs.set(pid, exec);
    this.#fresh.add(pid);
  }

  #exit(task: number, process: number, status: number, sent: number, reaper: number): void {
    const ts = this.#now;
    const dead = this.threads.ended(task, -1);
    if (dead === null) {
      if (task === process) this.#leaders.set(process, status);
      this.#waiting.push({ type: "exit", ts, pid: task, comm: "", code: null, signal: null, thread: true });
      return;
    }
    const { code, signal } = endOf(this.#statusOf(process, status));
    this.#fresh.delete(process);
    this.#runs.delete(process);
    this.#leaders.delete(process);
    this.#parentOf.delete(process);
    this.#waiting.push({ type: "exit", ts, pid: process, comm: "", code, signal, thread: false });
    if (reaper <= 0 || sent !== constants.signals.SIGCHLD) return;
    // CLD_EXITED, CLD_KILLED, CLD_DUMPED; bit 7 of the status says that a core was dumped.
    const how = signal === null ? 1 : (status & 0x80) === 0 ? 2 : 3;
    const reaperComm = this.#commOf(reaper);
    this.#waiting.push({ type: "child-signal", ts, pid: process, reaper, reaperComm, code: how });
  }

  /**
   * exit_group gives all threads one status. Where the leader ended first and alone, its status counts, unless a later
   * thread ended the whole process: threads that just end have 0.
   */
  #statusOf(process: number, last: number): number {
    const leader = this.#leaders.get(process);
    return leader === undefined || last !== 0 ? last : leader;
  }

  #parent(pid: number): number {
    const known = this.#parentOf.get(pid);
    if (known !== undefined) return known;
    const line = readSmall(`/proc/${pid}/stat`);
    return (line === null ? null : parseStatLine(line))?.ppid ?? 0;
  }

  #commOf(pid: number): Untrusted {
    const known = this.#comms.get(pid);
    if (known !== undefined) return known;
    const line = readSmall(`/proc/${pid}/comm`, 64);
    const comm = line === null || line.length === 0 ? "" : fromBytes(line.subarray(0, line.length - 1));
    if (this.#comms.size >= NAMES_LIMIT) this.#comms.clear();
    this.#comms.set(pid, comm);
    return comm;
  }
}
