import type { EventSink } from "../model/events.ts";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";
import { Ends } from "./ends.ts";
import { ExecCalls } from "./exec-calls.ts";
import { Kind, type RecordQueue } from "./record-queue.ts";
import { Threads } from "./threads.ts";

/** CLONE_THREAD (include/uapi/linux/sched.h). */
const CLONE_THREAD = 0x1_0000;
/** Ends that are remembered for records that come late: those of the last tens of milliseconds. */
const ENDED = 4096;

/** Makes model events of kernel records that come in time order. */
export class Assembler {
  readonly threads = new Threads();
  /** Events given to the sink. */
  events = 0;
  /** Execs among them that succeeded. */
  execs = 0;
  /** Records that came after newer ones had been passed on; they got the newer time. */
  late = 0;
  readonly #sink: EventSink;
  readonly #ends = new Ends();
  readonly #calls = new ExecCalls();
  /** The tasks that ended last and when, each in the place of its number. */
  readonly #endedPids = new Int32Array(ENDED);
  readonly #endedAt = new Float64Array(ENDED);
  #now = Number.NEGATIVE_INFINITY;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Record number `at` of a queue. */
  take(queue: RecordQueue, at: number): void {
    let ts = queue.ts[at] as number;
    const task = queue.task[at] as number;
    const a = queue.a[at] as number;
    const kind = queue.kind[at];
    if (ts < this.#now) {
      this.late++;
      if (kind !== undefined && this.#isOver(kind, task, a, ts)) return;
      ts = this.#now;
    }
    this.#now = ts;
    switch (kind) {
      case Kind.newTask:
      case Kind.fork:
        this.#fork(ts, task, a, ((queue.b[at] as number) & CLONE_THREAD) !== 0, queue.text[at] as Untrusted);
        break;
      case Kind.exec:
        this.#exec(ts, task, a, queue.text[at] as Untrusted);
        break;
      case Kind.exit:
        this.#exit(ts, task, a, queue.text[at] as Untrusted);
        break;
      case Kind.exitGroup:
        this.#ends.exitGroup(this.threads.processOf(task), a);
        break;
      case Kind.exitTask:
        if (this.threads.processOf(task) === task) this.#ends.exitLeader(task, a);
        break;
      case Kind.exit32:
        this.#ends.exit32(this.threads.processOf(task), a);
        break;
      case Kind.childSignal:
        this.#childSignal(ts, task, a, queue.b[at] as number, queue.text[at] as Untrusted);
        break;
      case Kind.signalSent:
        this.#ends.signalSent(this.threads.processOf(task), a);
        break;
      case Kind.signalTaken:
        this.#ends.signalTaken(this.threads.processOf(task), a);
        break;
      case Kind.execCall:
        this.#calls.called(task, a, queue.b[at] as number, queue.text[at] as Untrusted);
        break;
      case Kind.execFailed:
        this.#execFailed(ts, task, a);
        break;
      case Kind.forkFailed:
        this.#emit({ type: "fork-failed", ts, pid: this.threads.processOf(task), comm: "", error: a });
        break;
      default:
        break;
    }
  }

  /** Whether a late record tells of a task whose end has been passed on: begun after its end, it would live for ever. */
  #isOver(kind: number, task: number, a: number, ts: number): boolean {
    const about = kind === Kind.newTask || kind === Kind.fork ? a : kind === Kind.exec ? task : 0;
    const place = about & (ENDED - 1);
    return about !== 0 && this.#endedPids[place] === about && (this.#endedAt[place] as number) > ts;
  }

  #fork(ts: number, caller: number, child: number, thread: boolean, comm: Untrusted): void {
    // The idle task of a CPU that comes online has number 0 and is nobody's child.
    if (child === 0) return;
    const pid = this.threads.processOf(caller);
    this.threads.born(child);
    this.#ends.forget(child);
    this.#calls.forget(child);
    if (thread) this.threads.add(child, pid);
    this.#emit({ type: "fork", ts, pid, comm, child, childClaim: null, thread });
  }

  #exec(ts: number, pid: number, caller: number, exe: Untrusted): void {
    this.threads.execed(pid, caller);
    this.#ends.forget(pid);
    this.execs++;
    const call = this.#calls.succeeded(caller, exe);
    const argv = call === null ? null : call.argv;
    const cut = call?.cut === true ? { argvCut: true } : {};
    this.#emit({ type: "exec", ts, pid, ppid: null, comm: commAfterExec(exe), exe, argv, ...cut, error: 0 });
  }

  #execFailed(ts: number, task: number, error: number): void {
    const call = this.#calls.failed(task);
    const cut = call?.cut === true ? { argvCut: true } : {};
    const told = { exe: call?.file ?? "", argv: call?.argv ?? null, ...cut };
    this.#emit({ type: "exec", ts, pid: this.threads.processOf(task), ppid: null, comm: "", ...told, error });
  }

  #exit(ts: number, task: number, groupDead: number, comm: Untrusted): void {
    this.#calls.forget(task);
    const place = task & (ENDED - 1);
    this.#endedPids[place] = task;
    this.#endedAt[place] = ts;
    const process = this.threads.ended(task, groupDead);
    if (process === null) this.#emit({ type: "exit", ts, pid: task, comm, code: null, signal: null, thread: true });
    else {
      const { code, signal } = this.#ends.take(process);
      this.#emit({ type: "exit", ts, pid: process, comm, code, signal, thread: false });
    }
  }

  #childSignal(ts: number, sender: number, receiver: number, code: number, reaperComm: Untrusted): void {
    if (code < 1 || code > 3) return;
    const pid = this.threads.senderOf(sender);
    this.#emit({ type: "child-signal", ts, pid, reaper: this.threads.processOf(receiver), reaperComm, code });
  }

  #emit(event: Parameters<EventSink>[0]): void {
    this.events++;
    this.#sink(event);
  }
}

/**
 * Task name that the kernel gives at an exec: the last part of the file's name, cut to 15 bytes (fs/exec.c
 * begin_new_exec). "" where that does not hold: an exec of an open file (`/dev/fd/3`, fexecve(3)).
 */
function commAfterExec(exe: Untrusted): Untrusted {
  if (exe.startsWith("/dev/fd/")) return "";
  const name = exe.slice(exe.lastIndexOf("/") + 1);
  return name.length * 3 <= 15 ? name : fromBytes(toBytes(name).subarray(0, 15));
}
