import { isInterpreter, scriptArgument, scriptPath } from "../model/script.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";

/** More generations than this between PID 1 and a process are no life's work. */
const MOST = 256;

/**
 * A process and its forebears, itself first, up to PID 1 or to the last that can be seen. A parent that began later than its
 * child is no parent: its number went to another process while we looked.
 * @param facts of a living process, or null
 */
export function forebearsOf(pid: number, facts: (pid: number) => ProcFacts | null): ProcFacts[] {
  const line: ProcFacts[] = [];
  for (let next = pid; next > 0 && line.length < MOST;) {
    const process = facts(next);
    const child = line.at(-1);
    if (process === null || (child !== undefined && process.startedAfterBoot > child.startedAfterBoot)) break;
    line.push(process);
    next = process.ppid;
  }
  return line;
}

/**
 * The file that a job would name to start this process: the script where an interpreter runs one, else the program. Null: a
 * shell without a script, which any job could have started, or a program that may not be read.
 */
export function startedFile({ exe, argv, cwd }: Pick<ProcFacts, "exe" | "argv" | "cwd">): Untrusted | null {
  if (exe === null) return null;
  const program = exe.replace(/ \(deleted\)$/, "");
  if (!isInterpreter(program.slice(program.lastIndexOf("/") + 1))) return program;
  const script = scriptArgument(program, argv ?? []);
  return script === null ? null : scriptPath(script, cwd);
}
