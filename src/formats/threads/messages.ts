import type { ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import type { UnusableInput } from "../input-error.ts";
import type { InputStream } from "../input.ts";
import type { StreamReading } from "../types.ts";

export interface SharedMemory {
  control: SharedArrayBuffer;
  events: SharedArrayBuffer;
}

/** What a reading thread is started with: one set of files. */
export interface Task {
  name: string;
  paths: string[];
  memory: SharedMemory;
}

/** Values that events of a batch name by number and that were not sent before. */
export interface NewValues {
  /** Texts and arguments; with `reset` their numbers begin again at 0. */
  values: unknown[];
  reset: boolean;
  /** What is one object for all events that bear it (ABIs, sequences of calls): never numbered anew. */
  kept: unknown[];
}

/** What a reading thread sends, in this order. */
export type Message =
  | { type: "ready" }
  /** A stream was recognised. Streams and sinks are numbered as they come. */
  | { type: "stream"; stream: InputStream }
  | { type: "sink"; stream: number; host: Untrusted | null }
  | ({ type: "events"; slot: number; count: number; others: ProcessEvent[] } & NewValues)
  | { type: "done"; streams: StreamEnd[]; unusable: UnusableInput[]; read: number };

/** What a stream was in the end. */
export interface StreamEnd {
  number: number;
  files: string[];
  reading: StreamReading;
}
