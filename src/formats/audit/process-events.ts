import type { ProcessEvent, SeenEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import { ACTION } from "../../syscalls/abi.ts";
import type { KnownProcesses } from "./known-processes.ts";
import type { SyscallRecord, Task } from "./syscall-record.ts";
import { note, type Tally } from "./tally.ts";
import type { TimeOrder } from "./time-order.ts";

const CLONE_THREAD = 0x10000;
const EAGAIN = 11;
/** A process that dumped core may still write its exit record; one this much later is another life's. */
const SAME_END_MS = 1000;

/** A process as its records name it. */
export interface Caller {
  pid: number;
  ppid: number;
  task: Task;
  /** AuditArch of the call, or null. */
  arch: SyscallRecord["arch"] | null;
}

/** Turns what the records of one host say about processes into events of the model. */
export class ProcessEvents {
  readonly #order: TimeOrder;
  readonly #processes: KnownProcesses;
  readonly #tally: Tally;
  readonly #where: () => string;
  /** Execs of this host. */
  #execs = 0;

  /** @param where the place of the current record, for examples */
  constructor(order: TimeOrder, processes: KnownProcesses, tally: Tally, where: () => string) {
    this.#order = order;
    this.#processes = processes;
    this.#tally = tally;
    this.#where = where;
  }

  /** Any system call but a successful or failed exec, which waits for its other records. */
  syscall(record: SyscallRecord, ms: number, serial: number): void {
    const action = record.number < 1024 ? record.arch.actions[record.number] : ACTION.none;
    switch (action) {
      case ACTION.fork:
      case ACTION.clone:
      case ACTION.clone3:
        return this.#fork(record, action, ms, serial);
      case ACTION.exit:
      case ACTION.exitGroup:
        return this.#exit(record, action === ACTION.exit, ms, serial);
      case ACTION.kill:
        this.#kill(record);
        break;
      default:
        if (record.number === 2 && record.arch.abi.machine === "x86_64") note(this.#tally.syscall2IsOpen, this.#where);
    }
    this.see(record, ms, serial);
  }

  #fork(record: SyscallRecord, action: number, ms: number, serial: number): void {
    const processes = this.#processes;
    const tally = this.#tally;
    if (record.success !== 1 || record.exit <= 0) {
      if (record.success === 0) {
        note(tally.failedForks, this.#where);
        if (record.exit === -EAGAIN) tally.failedForksForLimit++;
      }
      this.see(record, ms, serial);
      return;
    }
    const child = record.exit | 0;
    const slot = this.#know(record);
    let thread = false;
    if (action === ACTION.clone) thread = ((record.arch.cloneFlagsInA1 ? record.a1 : record.a0) & CLONE_THREAD) !== 0;
    else if (action === ACTION.clone3) thread = this.#isClone3Thread(record.pid, child, slot);
    if (thread) processes.threads[slot] = (processes.threads[slot] as number) + 1;
    else processes.unseenChildren[slot] = (processes.unseenChildren[slot] as number) + 1;
    tally.forks++;
    if (record.arch.abi.bits === 32 && !thread) note(tally.forksBy32Bit, this.#where);
    const { pid, task } = record;
    const seen = this.#seenEvent(record);
    const fork: ProcessEvent = { type: "fork", ts: 0, pid, comm: task.comm, child: null, childClaim: child, thread };
    this.#order.addFork(seen, fork, child, ms, serial);
  }

  /**
   * clone3 hides its flags behind a pointer. It is a process when the child is already known as the caller's (posix_spawn: the
   * call returns after the child's exec), or when a child of the caller came up that no fork accounts for (the same in a PID
   * namespace, where the numbers differ). Without exec records nothing can tell: then it counts as a process, else a thread.
   */
  #isClone3Thread(pid: number, child: number, slot: number): boolean {
    const processes = this.#processes;
    const childSlot = processes.find(child);
    if (childSlot !== -1 && processes.ppid[childSlot] === pid) return false;
    if ((processes.unseenChildren[slot] as number) < 0) return false;
    note(this.#tally.unclearClone3, this.#where);
    return this.#execs > 0;
  }

  #exit(record: SyscallRecord, oneThread: boolean, ms: number, serial: number): void {
    const processes = this.#processes;
    const { pid, task } = record;
    let slot = processes.find(pid);
    const stranger = slot === -1 && processes.find(record.ppid) === -1;
    if (slot !== -1 && (processes.ended[slot] as number) > 0 && justEnded(slot, processes, ms)) {
      processes.ended[slot] = 0;
      return;
    }
    this.see(record, ms, serial);
    slot = processes.find(pid);
    // exit(2) ends a thread, and `pid=` is the whole process's number (task_tgid_nr). A process whose threads and parent the log
    // does not know ends only a thread for all that can be told.
    const threads = processes.threads[slot] as number;
    const thread = oneThread && (threads > 0 || stranger);
    if (thread && threads > 0) processes.threads[slot] = threads - 1;
    this.#tally.exits++;
    if (record.a0 < 0) this.#tally.hiddenStatuses++;
    const code = record.a0 < 0 ? null : record.a0 & 0xff;
    this.#order.add({ type: "exit", ts: 0, pid, comm: task.comm, code, signal: null, thread }, pid, ms, serial);
    if (!thread) end(slot, processes, -ms);
  }

  #kill(record: SyscallRecord): void {
    note(this.#tally.kills, this.#where);
    this.#tally.firstKill ??= { comm: record.task.comm, exe: record.task.exe, signal: record.a1 };
  }

  /** A process ended by a signal (ANOM_ABEND, SECCOMP). Such records name no parent. */
  abnormalEnd(caller: Caller, signal: number, ms: number, serial: number): void {
    const processes = this.#processes;
    let slot = processes.find(caller.pid);
    if (slot !== -1 && processes.task[slot] === 0 && justEnded(slot, processes, ms)) return;
    if (slot === -1 || processes.task[slot] === 0) this.see(caller, ms, serial);
    slot = processes.find(caller.pid);
    this.#tally.abnormalEnds++;
    const { pid, task } = caller;
    this.#order.add({ type: "exit", ts: 0, pid, comm: task.comm, code: null, signal, thread: false }, pid, ms, serial);
    end(slot, processes, ms);
  }

  /** An exec whose records are together: argv null when unknown, `file` the name in the call when it failed. */
  exec(exec: ExecCall, argv: Untrusted[] | null, file: Untrusted | null): void {
    const { pid, task, ms, serial } = exec;
    const ppid = exec.ppid > 0 ? exec.ppid : null;
    this.#tally.execs++;
    this.#execs++;
    if (exec.error === 0) {
      const slot = this.#know(exec);
      // The record's ABI is that of the program that made the call, not of the one that runs now.
      this.#processes.arch[slot] = 0;
      this.#processes.threads[slot] = 0;
      if (argv !== null) this.#tally.argv++;
      this.#order.add(
        { type: "exec", ts: 0, pid, ppid, comm: task.comm, exe: task.exe ?? "", argv, error: 0 },
        pid,
        ms,
        serial,
      );
      return;
    }
    this.see(exec, ms, serial);
    this.#order.add(
      { type: "exec", ts: 0, pid, ppid, comm: task.comm, exe: file ?? "", argv: null, error: exec.error },
      pid,
      ms,
      serial,
    );
  }

  /** Tells of a process when there is something new: first time, another parent, program, name or ABI. */
  see(caller: Caller, ms: number, serial: number): void {
    const processes = this.#processes;
    const slot = processes.find(caller.pid);
    if (
      slot !== -1 &&
      processes.task[slot] === caller.task.id &&
      processes.ppid[slot] === caller.ppid &&
      (caller.arch === null || processes.arch[slot] === caller.arch.id)
    )
      return;
    this.#know(caller);
    this.#order.add(this.#seenEvent(caller), caller.pid, ms, serial);
  }

  #seenEvent(caller: Caller): SeenEvent {
    const { pid, ppid, task } = caller;
    return {
      type: "seen",
      ts: 0,
      pid,
      ppid: ppid > 0 ? ppid : null,
      comm: task.comm,
      exe: task.exe,
      abi: caller.arch?.abi ?? null,
    };
  }

  /** Remembers what a record says; @returns the slot. */
  #know(caller: Caller): number {
    const processes = this.#processes;
    let slot = processes.find(caller.pid);
    const isNew = slot === -1 || processes.task[slot] === 0;
    if (slot === -1) slot = processes.add(caller.pid);
    processes.task[slot] = caller.task.id;
    if (caller.arch !== null) processes.arch[slot] = caller.arch.id;
    if (caller.ppid > 0 || isNew) processes.ppid[slot] = caller.ppid;
    if (isNew) {
      processes.threads[slot] = 0;
      processes.unseenChildren[slot] = 0;
      processes.ended[slot] = 0;
      const parent = processes.find(caller.ppid);
      if (parent !== -1) processes.unseenChildren[parent] = (processes.unseenChildren[parent] as number) - 1;
    }
    return slot;
  }
}

/** An exec call as its SYSCALL record tells it; `task` is the new program when it succeeded, the old one when it failed. */
export interface ExecCall extends Caller {
  /** 0 or the negative errno. */
  error: number;
  ms: number;
  serial: number;
}

/** Marks a life as over; `time` as `KnownProcesses.ended` wants it. */
function end(slot: number, processes: KnownProcesses, time: number): void {
  processes.task[slot] = 0;
  processes.ended[slot] = time;
}

function justEnded(slot: number, processes: KnownProcesses, ms: number): boolean {
  const before = processes.ended[slot] as number;
  return before !== 0 && Math.abs(ms - Math.abs(before)) <= SAME_END_MS;
}
