import type { Untrusted } from "../model/text.ts";
import { CallFlag } from "./call-decoder.ts";

/** More tasks between a call and its outcome than this means that outcomes were lost. */
const LIMIT = 8192;

/** What a task asked execve(3) for. */
export interface ExecCall {
  /** "" when the call names none (fexecve, execveat). */
  file: Untrusted;
  argv: Untrusted[];
  cut: boolean;
}

/** A call without its outcome yet. */
interface Waiting {
  flags: number;
  text: Untrusted;
  count: number;
  /** The system call that belongs to it has begun. */
  entered: boolean;
}

/**
 * Joins what was asked for in the C library, or at the entry of the system call, with what the kernel says about the same
 * task next. A call whose outcome is another file's is not its call: then the arguments stay unknown.
 */
export class ExecCalls {
  readonly #waiting = new Map<number, Waiting>();

  called(task: number, count: number, flags: number, text: Untrusted): void {
    if (this.#waiting.size > LIMIT) this.#waiting.clear();
    const entered = (flags & CallFlag.atEntry) !== 0;
    const before = entered ? this.#waiting.get(task) : undefined;
    // A C library's call tells all of it; the entry of its system call may miss what is not in memory.
    if (before !== undefined && !before.entered && agree(before, { flags, text, count, entered }))
      before.entered = true;
    else this.#waiting.set(task, { flags, text, count, entered });
  }

  /** The call of a task that now runs `file`, or null when nothing is known of it. */
  succeeded(task: number, file: Untrusted): ExecCall | null {
    const waiting = this.#take(task);
    if (waiting === null) return null;
    const call = parsed(waiting);
    if ((waiting.flags & CallFlag.fileKnown) === 0 || call.file === file) return call;
    // The name of the file is recorded in a fixed length as well.
    return call.cut && call.file.length > 200 && file.startsWith(call.file) ? call : null;
  }

  /** The call of a task that failed. */
  failed(task: number): ExecCall | null {
    const waiting = this.#take(task);
    return waiting === null ? null : parsed(waiting);
  }

  /** Whatever a task of this number had asked for has no outcome any more: it ended, or the number is a new task's. */
  forget(task: number): void {
    if (this.#waiting.size > 0) this.#waiting.delete(task);
  }

  #take(task: number): Waiting | null {
    if (this.#waiting.size === 0) return null;
    const waiting = this.#waiting.get(task) ?? null;
    if (waiting !== null) this.#waiting.delete(task);
    return waiting;
  }
}

/** Whether the entry of a system call can be that of a C library's call: no argument that both tell is another. */
function agree(library: Waiting, entry: Waiting): boolean {
  const [asked, seen] = [parsed(library), parsed(entry)];
  if (seen.argv.length > asked.argv.length && !asked.cut) return false;
  return asked.argv.slice(0, seen.argv.length).every((word, n) => {
    const told = seen.argv[n] as Untrusted;
    return word === told || (asked.cut && told.startsWith(word));
  });
}

function parsed({ flags, text, count }: Waiting): ExecCall {
  const [file = "", ...argv] = text.split("\0");
  return { file, argv: argv.slice(0, count), cut: (flags & CallFlag.cut) !== 0 };
}
