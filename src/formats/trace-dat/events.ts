import { Decoder, formatProblem } from "../../ftrace/decoder.ts";
import type { EventFormat } from "../../ftrace/event-format.ts";
import { RecordQueue } from "../../ftrace/record-queue.ts";
import { SIGCHLD } from "../../ftrace/signals.ts";
import type { Description } from "../../ftrace/trace-dat/description.ts";

/** Events that tell of processes, as far as a file has them. */
const WANTED = [
  "task_newtask",
  "sched_process_fork",
  "sched_process_exec",
  "sched_process_exit",
  "sys_enter_exit_group",
  "sys_enter_exit",
  "signal_generate",
  "signal_deliver",
];
/**
 * Every system call. Which of its records are exits of 32-bit programs cannot be told afterwards, since a number means
 * another call to other programs: only a recording that let nothing else through (see `Description.writer`) can be used.
 */
const FILTERED = "sys_enter";
/** How the recordings of this program name their writer. */
export const OWN_WRITER = "whoforks";

/** The decoder for a file, which events it reads, and those whose format is not understood. */
export interface TraceDecoder {
  decoder: Decoder;
  has: (event: string) => boolean;
  problems: string[];
}

/** Makes the decoder from the formats that the file brings. Events that tell nothing of processes are counted apart. */
export function decoderFor(description: Description): TraceDecoder {
  const own = description.writer?.startsWith(`${OWN_WRITER} `) === true;
  const problems: string[] = [];
  const usable = new Map<string, EventFormat>();
  for (const name of own ? [...WANTED, FILTERED] : WANTED) {
    const format = description.formats.get(name);
    if (format === undefined) continue;
    const problem = formatProblem(name, format);
    if (problem === null) usable.set(name, format);
    else problems.push(problem);
  }
  const useless = new Set(description.ownEvents);
  for (const { id, name } of description.formats.values()) if (!usable.has(name)) useless.add(id);
  const decoder = new Decoder(usable, SIGCHLD, new RecordQueue(), useless);
  return { decoder, has: (event) => usable.has(event), problems };
}
