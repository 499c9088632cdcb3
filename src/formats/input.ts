import type { Readable } from "node:stream";
import type { EventSink } from "../model/events.ts";
import type { UnusableInput } from "./input-error.ts";
import { findFiles } from "./input-files.ts";
import { InputRun } from "./input-run.ts";
import { rotatedSets } from "./rotation.ts";
import { planThreads } from "./threads/plan.ts";
import { readByThreads } from "./threads/read-sets.ts";
import type { Untrusted } from "../model/text.ts";
import type { FormatReader, SinkOf, StreamFormat, StreamReading } from "./types.ts";

export type { InputReason, UnusableInput } from "./input-error.ts";

/** One stream: a single file, or all files of a rotated set, oldest first. */
export interface InputStream {
  /** `Format.id`. */
  format: string;
  /** Name of the set: the newest file without number and `.gz`; `-` for standard input. */
  name: string;
  /** The files read, in order. */
  files: string[];
}

export type ReadOptions = ReadSettings & Sinks;

type Sinks =
  /** Gets the events of every stream, one stream after another; each begins again at time 0, hosts of one stream mixed. */
  | { sink: EventSink }
  /** As `SinkOf`, for each stream: PIDs and times of two streams or two hosts have nothing to do with each other. */
  | { sinkOf: (stream: InputStream, host: Untrusted | null) => EventSink };

interface ReadSettings {
  /** Called before the events of each stream. */
  onStream?: (stream: InputStream) => void;
  /** Bytes as stored: done so far, and of all files together (standard input counts as 0). */
  progress?: (done: number, total: number) => void;
  /** Opens a reader of its own for a stream, in place of the format's; null leaves it to the format. */
  open?: (format: StreamFormat, sinkOf: SinkOf) => FormatReader | null;
  /** Stops reading; what has been read so far is the result. */
  signal?: AbortSignal;
  /** Standard input; `process.stdin` unless told. */
  stdin?: Readable & { isTTY?: boolean };
  /** Threads that work: 1 is this one alone. Absent: as many as there are CPUs for large files, one for others. */
  threads?: number | undefined;
}

export interface InputReading {
  /** One for each stream that was recognised. More than one means that their events have separate times. */
  streams: { stream: InputStream; reading: StreamReading }[];
  /** Inputs that gave nothing, or (`damaged`) not all. */
  unusable: UnusableInput[];
  aborted: boolean;
  /** Bytes as stored: read, and there to be read in all (standard input counts as 0). */
  bytes: { read: number; total: number };
  /** Threads that have read and taken events. */
  threads: number;
}

/**
 * Reads what the user names: files, folders, `-` for standard input; plain or gzip; rotated files as one stream. Formats are
 * recognised by content. Never throws for what it finds; everything unusable is in the result with a reason and a remedy.
 */
export async function readInputs(names: readonly string[], options: ReadOptions): Promise<InputReading> {
  const found = findFiles(names);
  const total = found.files.reduce((sum, file) => sum + file.size, 0);
  const run = new InputRun(options, total, found.unusable);
  const sets = rotatedSets(found.files.map((file) => file.path));
  const plan = planThreads(sets, found.files, options);
  let others = 0;
  if (plan.threads > 1) others = await readByThreads(sets, plan, run, options, found.unusable);
  else for (const set of sets) if (!run.aborted) await run.readSet(set.name, set.paths);
  return {
    streams: run.streams,
    unusable: found.unusable,
    aborted: run.aborted,
    bytes: { read: run.done, total },
    threads: 1 + others,
  };
}
