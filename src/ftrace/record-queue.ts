import type { Untrusted } from "../model/text.ts";

/** What a queued record says; `a` and `b` are explained per kind. Task numbers are thread ids of the initial PID namespace. */
export const Kind = {
  /** task_newtask: task = caller, a = new task, b = clone flags, text = name. */
  newTask: 1,
  /** sched_process_fork, where task_newtask is missing: task = caller, a = new task, b = 0, text = the caller's name. */
  fork: 2,
  /** sched_process_exec: task = process after the exec, a = thread that called it, text = file. */
  exec: 3,
  /** sched_process_exit: task, a = 1 last of its process, 0 not, -1 the kernel does not tell; text = name. */
  exit: 4,
  /** sys_enter_exit_group: task, a = argument. */
  exitGroup: 5,
  /** sys_enter_exit: task, a = argument. */
  exitTask: 6,
  /** raw sys_enter with a number that is an exit in the 32-bit ABI: task, a = argument. */
  exit32: 7,
  /** signal_generate of SIGCHLD: task = sender, a = receiver, b = si_code, text = the receiver's name. */
  childSignal: 8,
  /** signal_generate of a signal whose default is death: task = receiver, a = signal. */
  signalSent: 9,
  /** signal_deliver of such a signal where no handler is set: task, a = signal (9 stands for several). */
  signalTaken: 10,
  /** sched_switch: task = who ran, a = who runs now, text = the former's name. Thread ids; 0 is the idle task. */
  switched: 11,
  /** raw sys_enter of any call: task, a = number, b = low half of the first argument. */
  callEnter: 12,
  /** raw sys_exit of any call: task, a = number, b = low half of the result. */
  callExit: 13,
  /**
   * A call of execve(3) or its kin in a C library, or the entry of the system call: task, a = number of arguments told, b = `CallFlag`s, text = the file ("" when not
   * told) and the arguments, parted by NUL.
   */
  execCall: 14,
  /** sys_exit_execve, sys_exit_execveat that failed: task, a = negative errno. */
  execFailed: 15,
  /** sys_exit_clone, clone3, fork, vfork that failed: task, a = negative errno. */
  forkFailed: 16,
  /** sched_stat_runtime: task = who ran, a = nanoseconds since the last record of it (low 32 bits), text = its name. */
  ran: 17,
  /** User-space probe number 0; number N is this plus N, up to 255: task, a = low half of the first argument, or -1. */
  libraryCall: 64,
} as const;

/** Records of one CPU that wait until no other CPU can still bring an older one. Columns, because objects cost too much here. */
export class RecordQueue {
  ts = new Float64Array(1024);
  kind = new Uint8Array(1024);
  task = new Int32Array(1024);
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  text: Untrusted[] = [];
  head = 0;
  tail = 0;
  /** Time of the newest record that this CPU has delivered. */
  newest = Number.NEGATIVE_INFINITY;

  push(ts: number, kind: number, task: number, a: number, b: number, text: Untrusted): void {
    const at = this.tail;
    if (at === this.ts.length) {
      this.#makeRoom();
      this.push(ts, kind, task, a, b, text);
      return;
    }
    this.ts[at] = ts;
    this.kind[at] = kind;
    this.task[at] = task;
    this.a[at] = a;
    this.b[at] = b;
    this.text[at] = text;
    this.tail = at + 1;
    if (ts > this.newest) this.newest = ts;
  }

  /** Time of the oldest waiting record, or Infinity. */
  get oldest(): number {
    return this.head === this.tail ? Number.POSITIVE_INFINITY : (this.ts[this.head] as number);
  }

  /** To be called after taking records: an emptied queue starts again at its beginning. */
  settle(): void {
    if (this.head !== this.tail) return;
    this.head = 0;
    this.tail = 0;
  }

  #makeRoom(): void {
    const waiting = this.tail - this.head;
    const larger = waiting * 2 > this.ts.length ? this.ts.length * 2 : this.ts.length;
    this.ts = moved(this.ts, new Float64Array(larger), this.head, this.tail);
    this.kind = moved(this.kind, new Uint8Array(larger), this.head, this.tail);
    this.task = moved(this.task, new Int32Array(larger), this.head, this.tail);
    this.a = moved(this.a, new Int32Array(larger), this.head, this.tail);
    this.b = moved(this.b, new Int32Array(larger), this.head, this.tail);
    this.text = this.text.slice(this.head, this.tail);
    this.head = 0;
    this.tail = waiting;
  }
}

function moved<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T, head: number, tail: number): T {
  to.set(from.subarray(head, tail));
  return to;
}
