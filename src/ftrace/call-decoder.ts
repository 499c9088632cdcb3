import type { Untrusted } from "../model/text.ts";
import { entryPlan, readEntry, type EntryPlan } from "./entry-call.ts";
import { integerPlace, type EventFormat } from "./event-format.ts";
import type { RecordVisitor } from "./page.ts";
import { Kind, type RecordQueue } from "./record-queue.ts";
import { TextPool } from "./text-pool.ts";

/** Bits of `b` of a record of kind `execCall`. `atEntry`: seen at the entry of the system call, not in a C library. */
export const CallFlag = { cut: 1, fileKnown: 2, atEntry: 4 } as const;
/** Size of the pages of all machines that are read here, or a divisor of it. */
const PAGE = 4096;
const POINTER = 8;

interface Text {
  at: number;
  size: number;
}

/** Where the parts of a recorded call of execve(3) and its kin stand. */
interface CallPlan {
  how: "call";
  file: Text | null;
  pointers: Text;
  texts: Text[];
  least: number;
}

/** Where the result of a failed system call stands. */
interface FailurePlan {
  how: "failure";
  kind: number;
  ret: number;
  least: number;
}

/**
 * Turns records of probes on execve(3), and of failed system calls, into queued records. The arguments of a call come as
 * `argv`, an array of pointers up to the NULL that ends it, and `a0`, `a1`, … of fixed length in which the text ends at its
 * NUL; what lies behind belongs to something else and is not looked at.
 */
export class CallDecoder implements RecordVisitor {
  queue: RecordQueue;
  /** Records of unknown events or too short for their event. */
  unknown = 0;
  /** Calls of execve in C libraries and entries of the system call read so far, and failed calls. */
  calls = 0;
  entries = 0;
  failures = 0;
  readonly #plans: (CallPlan | EntryPlan | FailurePlan | undefined)[] = [];
  readonly #texts = new TextPool();
  readonly #exactCopies: boolean;
  #commonPid = 4;

  /**
   * `exactCopies`: whether the kernel, when a page is missing, copies up to its last byte (x86 does, byte by byte). Where
   * it does not, zeros may stand where there was text.
   */
  constructor(queue: RecordQueue, exactCopies: boolean) {
    this.queue = queue;
    this.#exactCopies = exactCopies;
  }

  /** Takes records of a probe on a function that gets an argument vector. False when its format is not understood. */
  addCall(format: EventFormat): boolean {
    const pointers = arrayPlace(format, "argv");
    if (pointers === null) return false;
    const texts: Text[] = [];
    for (let n = 0; ; n++) {
      const text = arrayPlace(format, `a${n}`);
      if (text === null) break;
      texts.push(text);
    }
    const file = arrayPlace(format, "file");
    const least = Math.max(
      ...[pointers, ...texts].map(({ at, size }) => at + size),
      file === null ? 0 : file.at + file.size,
    );
    this.#add(format, { how: "call", file, pointers, texts, least });
    return true;
  }

  /** Takes records of an event probe on the entry of execve(2). False when its format is not understood. */
  addEntry(format: EventFormat): boolean {
    const plan = entryPlan(format);
    if (plan !== null) this.#add(format, plan);
    return plan !== null;
  }

  /** Takes records of the exit of a system call that failed (`ret` < 0). False when its format is not understood. */
  addFailure(format: EventFormat, kind: typeof Kind.execFailed | typeof Kind.forkFailed): boolean {
    const ret = integerPlace(format, "ret", 4);
    if (ret === null) return false;
    this.#add(format, { how: "failure", kind, ret, least: ret + 4 });
    return true;
  }

  record(page: DataView, at: number, length: number, ts: number): void {
    const plan = length >= 2 ? this.#plans[page.getUint16(at, true)] : undefined;
    if (plan === undefined || length < plan.least) {
      this.unknown++;
      return;
    }
    const task = page.getInt32(at + this.#commonPid, true);
    if (plan.how === "failure") {
      this.failures++;
      this.queue.push(ts, plan.kind, task, page.getInt32(at + plan.ret, true), 0, "");
      return;
    }
    if (plan.how === "entry") {
      this.entries++;
      const call = readEntry(plan, page, at, length, this.#texts);
      if (call === null) return;
      const flags = CallFlag.atEntry | (call.file === null ? 0 : CallFlag.fileKnown) | (call.cut ? CallFlag.cut : 0);
      this.queue.push(ts, Kind.execCall, task, call.argv.length, flags, [call.file ?? "", ...call.argv].join("\0"));
      return;
    }
    this.calls++;
    this.#call(plan, page, at, ts, task);
  }

  #call({ file, pointers, texts }: CallPlan, page: DataView, at: number, ts: number, task: number): void {
    const most = Math.min(pointers.size / POINTER, texts.length + 1);
    let count = 0;
    while (count < most && !isNull(page, at + pointers.at + count * POINTER)) count++;
    let cut = count > texts.length;
    count = Math.min(count, texts.length);
    const words: Untrusted[] = [file === null ? "" : this.#texts.read(page, at + file.at, file.size)];
    for (let n = 0; n < count; n++) {
      const { at: place, size } = texts[n] as Text;
      const end = endOf(page, at + place, size);
      if (end === null) cut = true;
      else if (!this.#exactCopies && mayBeMissing(page, at + pointers.at + n * POINTER, end)) return;
      words.push(this.#texts.read(page, at + place, size));
    }
    const known = file === null ? 0 : CallFlag.fileKnown;
    this.queue.push(ts, Kind.execCall, task, count, known | (cut ? CallFlag.cut : 0), words.join("\0"));
  }

  #add(format: EventFormat, plan: CallPlan | EntryPlan | FailurePlan): void {
    this.#commonPid = integerPlace(format, "common_pid", 4) ?? this.#commonPid;
    this.#plans[format.id] = plan;
  }
}

/** An array of words: `field:u64 a0[]; offset:280; size:128;`. */
function arrayPlace(format: EventFormat, name: string): Text | null {
  const field = format.fields.get(name);
  if (field === undefined || !field.type.endsWith("]") || field.type.startsWith("__")) return null;
  return { at: field.offset, size: field.size };
}

function isNull(page: DataView, at: number): boolean {
  return page.getUint32(at, true) === 0 && page.getUint32(at + 4, true) === 0;
}

/** Length of the text before its NUL, or null when there is none within `size`. */
function endOf(page: DataView, at: number, size: number): number | null {
  for (let n = 0; n < size; n++) if (page.getUint8(at + n) === 0) return n;
  return null;
}

/** Whether the word in which a text ends reaches into another page, so that its zeros may stand for what could not be read. */
function mayBeMissing(page: DataView, pointerAt: number, end: number): boolean {
  const address = page.getUint32(pointerAt, true);
  const word = (address + end - (end % POINTER)) % PAGE;
  return word > PAGE - POINTER;
}
