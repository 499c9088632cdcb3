import type { CallSink } from "../../model/calls.ts";
import type { Untrusted } from "../../model/text.ts";
import { Ends } from "../../ftrace/ends.ts";
import { Kind, type RecordQueue } from "../../ftrace/record-queue.ts";
import { Threads } from "../../ftrace/threads.ts";
import type { Abis } from "./abi.ts";
import type { BusyProbes } from "./busy-probes.ts";

/** CLONE_THREAD (include/uapi/linux/sched.h). */
const CLONE_THREAD = 0x1_0000;

/** Makes calls of named processes out of kernel records that come in time order. */
export class CallAssembler {
  readonly threads = new Threads();
  /** Calls passed on. */
  calls = 0;
  readonly #sink: CallSink;
  readonly #abis: Abis;
  /** The sink's number of the call behind each user-space probe. */
  readonly #libraryCalls: readonly number[];
  readonly #busy: BusyProbes | null;
  readonly #ends = new Ends();
  /** Instruction set → system call number → the sink's number. */
  readonly #numbers = new Map<string, Map<number, number>>();

  constructor(sink: CallSink, abis: Abis, libraryCalls: readonly number[] = [], busy: BusyProbes | null = null) {
    this.#sink = sink;
    this.#abis = abis;
    this.#libraryCalls = libraryCalls;
    this.#busy = busy;
  }

  /** Record number `at` of a queue. */
  take(queue: RecordQueue, at: number): void {
    const ts = queue.ts[at] as number;
    const task = queue.task[at] as number;
    const a = queue.a[at] as number;
    const b = queue.b[at] as number;
    switch (queue.kind[at]) {
      case Kind.callEnter: {
        const pid = this.threads.processOf(task);
        this.calls++;
        this.#sink.entered(ts, pid, task, this.#call(this.#abis.of(pid), a), b);
        break;
      }
      case Kind.callExit:
        this.#sink.returned(ts, this.threads.processOf(task), task, b);
        break;
      case Kind.newTask:
      case Kind.fork:
        this.#born(ts, task, a, (b & CLONE_THREAD) !== 0, queue.text[at] as Untrusted);
        break;
      case Kind.exec:
        this.threads.execed(task, a);
        this.#ends.forget(task);
        this.#abis.execed(task, queue.text[at] as Untrusted);
        this.#sink.execed(ts, task, queue.text[at] as Untrusted);
        break;
      case Kind.exit:
        this.#ended(ts, task, a, queue.text[at] as Untrusted);
        break;
      case Kind.signalSent:
        this.#ends.signalSent(this.threads.processOf(task), a);
        break;
      case Kind.signalTaken:
        this.#ends.signalTaken(this.threads.processOf(task), a);
        break;
      default:
        this.#libraryCall(ts, queue.kind[at] as number, task, a);
    }
  }

  #libraryCall(ts: number, kind: number, task: number, argument: number): void {
    const call = this.#libraryCalls[kind - Kind.libraryCall];
    if (call === undefined) return;
    this.#busy?.hit(kind - Kind.libraryCall);
    this.calls++;
    this.#sink.entered(ts, this.threads.processOf(task), task, call, argument);
  }

  #born(ts: number, caller: number, child: number, thread: boolean, comm: Untrusted): void {
    const parent = this.threads.processOf(caller);
    this.threads.born(child);
    this.#ends.forget(child);
    if (thread) this.threads.add(child, parent);
    else {
      this.#busy?.born();
      this.#abis.born(parent, child);
      this.#sink.born(ts, parent, child, comm);
    }
  }

  #ended(ts: number, task: number, groupDead: number, comm: Untrusted): void {
    const pid = this.threads.ended(task, groupDead);
    if (pid === null) return;
    const { signal } = this.#ends.take(pid);
    this.#abis.ended(pid);
    this.#sink.ended(ts, pid, comm, signal ?? 0);
  }

  #call(machine: string, number: number): number {
    let numbers = this.#numbers.get(machine);
    if (numbers === undefined) this.#numbers.set(machine, (numbers = new Map()));
    let call = numbers.get(number);
    if (call === undefined) {
      call = this.#sink.call({ kind: "system", name: this.#abis.name(machine, number), library: null });
      numbers.set(number, call);
    }
    return call;
  }
}
