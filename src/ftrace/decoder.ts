import { integerPlace, textPlace, type EventFormat, type TextPlace } from "./event-format.ts";
import type { RecordVisitor } from "./page.ts";
import { Kind, type RecordQueue } from "./record-queue.ts";
import { isDeadly } from "./signals.ts";
import { TextPool } from "./text-pool.ts";

/** Formats of the events in use, by the name of the event; those that this kernel lacks are absent. */
export type Formats = ReadonlyMap<string, EventFormat>;

/** Names in `Formats` that ask for all of raw_syscalls/sys_enter and sys_exit: their numbers, first arguments, results. */
export const CALL_ENTER = "sys_enter:calls";
export const CALL_EXIT = "sys_exit:calls";
/** The same for the N-th user-space probe, which fetches the first argument as `argument`. */
export const LIBRARY_CALL = "library-call:";

/** Places of one event's fields; -1 where the event has none. */
interface Plan {
  kind: number;
  /** Shortest payload that holds all integers. */
  least: number;
  task: number;
  a: number;
  b: number;
  /** Size in bytes of `a` when it is not a 4-byte integer: 1 for bool. */
  aSize: 1 | 4;
  text: TextPlace | null;
  /**
   * Place of a 4-byte number that must be 0 for the record to count (of a signal sent: delivered and not ignored), or of
   * the 4 or 8 bytes of the signal's handler; -1 where there is none.
   */
  zero: number;
  zeroSize: 4 | 8;
}

/** Says which event's needed field is missing from its format file. */
export class FormatError extends Error {}

/**
 * Turns payloads of the known events into queued records. Field places come from the format files alone.
 * Only the low 32 bits of wider integers are read: clone flags, exit codes and system call numbers fit.
 */
export class Decoder implements RecordVisitor {
  /** Where the records go: the queue of the CPU whose page is being read. */
  queue: RecordQueue;
  /** Records of unknown events or too short for their event. */
  unknown = 0;
  /** Records of events that were said to be of no use here. */
  others = 0;
  readonly #plans: (Plan | undefined)[] = [];
  readonly #texts = new TextPool();
  readonly #commonPid: number;
  readonly #childSignal: number;
  readonly #useless: ReadonlySet<number>;

  /**
   * `childSignal` is the number of SIGCHLD; `useless` are ids of events that are known and not wanted. Throws `FormatError`
   * when an event lacks a field that is needed.
   */
  constructor(formats: Formats, childSignal: number, queue: RecordQueue, useless: ReadonlySet<number> = new Set()) {
    this.queue = queue;
    this.#childSignal = childSignal;
    this.#useless = useless;
    this.#commonPid =
      [...formats.values()].map((format) => integerPlace(format, "common_pid", 4)).find((at) => at !== null) ?? 4;
    for (const [name, format] of formats) this.#plans[format.id] = plan(name, format, this.#commonPid);
  }

  record(page: DataView, at: number, length: number, ts: number): void {
    const plan = length >= 2 ? this.#plans[page.getUint16(at, true)] : undefined;
    if (plan === undefined || length < plan.least) {
      if (length >= 2 && this.#useless.has(page.getUint16(at, true))) this.others++;
      else this.unknown++;
      return;
    }
    const task = page.getInt32(at + plan.task, true);
    let kind = plan.kind;
    let a = plan.a < 0 ? -1 : plan.aSize === 1 ? page.getUint8(at + plan.a) : page.getInt32(at + plan.a, true);
    let b = plan.b < 0 ? 0 : page.getInt32(at + plan.b, true);
    if (kind === Kind.childSignal) {
      // In this plan `task` is the receiver and `a` the signal.
      if (a === this.#childSignal) {
        this.#push(ts, kind, page.getInt32(at + this.#commonPid, true), task, b, page, at, length, plan.text);
        return;
      }
      // A live trace is filtered by the kernel; one from elsewhere may hold all.
      if (!isDeadly(a) || !isZero(page, at, plan)) return;
      kind = Kind.signalSent;
      b = 0;
    } else if (kind === Kind.signalTaken && (!isDeadly(a) || !isZero(page, at, plan))) return;
    this.#push(ts, kind, task, a, b, page, at, length, kind === Kind.signalSent ? null : plan.text);
  }

  #push(
    ts: number,
    kind: number,
    task: number,
    a: number,
    b: number,
    page: DataView,
    at: number,
    length: number,
    place: TextPlace | null,
  ): void {
    if (place === null) {
      this.queue.push(ts, kind, task, a, b, "");
      return;
    }
    let start = place.at;
    let size: number;
    if (place.how === "fixed") size = place.size;
    else {
      const word = page.getUint32(at + place.at, true);
      start = (word & 0xffff) + (place.how === "rel-loc" ? place.at + 4 : 0);
      size = word >>> 16;
    }
    if (start + size > length) {
      this.unknown++;
      return;
    }
    this.queue.push(ts, kind, task, a, b, this.#texts.read(page, at + start, size));
  }
}

/** Why an event cannot be decoded, or null when it can. */
export function formatProblem(name: string, format: EventFormat): string | null {
  try {
    plan(name, format, 4);
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

function isZero(page: DataView, at: number, { zero, zeroSize }: Plan): boolean {
  if (zero < 0) return true;
  return page.getUint32(at + zero, true) === 0 && (zeroSize === 4 || page.getUint32(at + zero + 4, true) === 0);
}

function plan(name: string, format: EventFormat, commonPid: number): Plan {
  const integer = (field: string): number => {
    const at = integerPlace(format, field, 4);
    if (at === null) throw new FormatError(`event ${name} has no integer field ${field} on this kernel`);
    return at;
  };
  const text = (field: string): TextPlace => {
    const place = textPlace(format, field);
    if (place === null) throw new FormatError(`event ${name} has no text field ${field} on this kernel`);
    return place;
  };
  const made = (
    kind: number,
    task: number,
    a: number,
    b: number,
    place: TextPlace | null,
    aSize: 1 | 4 = 4,
    mustBeZero?: string,
  ): Plan => {
    const condition = mustBeZero === undefined ? undefined : format.fields.get(mustBeZero);
    const zero = condition?.offset ?? -1;
    const zeroSize = condition?.size === 8 ? 8 : 4;
    const textEnd = place === null ? 0 : place.at + (place.how === "fixed" ? place.size : 4);
    return {
      kind,
      task,
      a,
      b,
      aSize,
      text: place,
      zero,
      zeroSize,
      least: Math.max(
        task + 4,
        a < 0 ? 0 : a + aSize,
        b < 0 ? 0 : b + 4,
        textEnd,
        commonPid + 4,
        zero < 0 ? 0 : zero + zeroSize,
      ),
    };
  };
  switch (name) {
    case "task_newtask":
      return made(Kind.newTask, commonPid, integer("pid"), integer("clone_flags"), text("comm"));
    case "sched_process_fork":
      return made(Kind.fork, integer("parent_pid"), integer("child_pid"), -1, text("parent_comm"));
    case "sched_process_exec":
      return made(Kind.exec, integer("pid"), integer("old_pid"), -1, text("filename"));
    case "sched_process_exit":
      return made(Kind.exit, integer("pid"), integerPlace(format, "group_dead", 1) ?? -1, -1, text("comm"), 1);
    case "sys_enter_exit_group":
      return made(Kind.exitGroup, commonPid, integer("error_code"), -1, null);
    case "sys_enter_exit":
      return made(Kind.exitTask, commonPid, integer("error_code"), -1, null);
    case "sys_enter":
      return made(Kind.exit32, commonPid, integer("args"), -1, null);
    case "signal_generate":
      return made(Kind.childSignal, integer("pid"), integer("sig"), integer("code"), text("comm"), 4, "result");
    case "signal_deliver":
      return made(Kind.signalTaken, commonPid, integer("sig"), -1, null, 4, "sa_handler");
    case CALL_ENTER:
      return made(Kind.callEnter, commonPid, integer("id"), integer("args"), null);
    case CALL_EXIT:
      return made(Kind.callExit, commonPid, integer("id"), integer("ret"), null);
    case "sched_switch":
      return made(Kind.switched, integer("prev_pid"), integer("next_pid"), -1, text("prev_comm"));
    case "sched_stat_runtime":
      return made(Kind.ran, integer("pid"), integer("runtime"), -1, text("comm"));
    default:
      if (name.startsWith(LIBRARY_CALL)) {
        const kind = Kind.libraryCall + Number(name.slice(LIBRARY_CALL.length));
        return made(kind, commonPid, integerPlace(format, "argument", 4) ?? -1, -1, null);
      }
      throw new FormatError(`event ${name} is not one of those this program reads`);
  }
}
