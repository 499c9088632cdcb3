/** The program of a thread that reads one set of files for another (see reading-thread.ts). */
import { parentPort, workerData } from "node:worker_threads";
import type { UnusableInput } from "../input-error.ts";
import { InputRun } from "../input-run.ts";
import type { InputStream } from "../input.ts";
import { EventWriter } from "./event-writer.ts";
import type { Message, Task } from "./messages.ts";
import { Ring } from "./ring.ts";

async function main({ name, paths, memory }: Task): Promise<void> {
  const ring = new Ring(memory);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, not a window
  const send = (message: Message): void => parentPort?.postMessage(message);
  const writer = new EventWriter(ring, send);
  const streams: InputStream[] = [];
  let sinks = 0;
  const stopping = new AbortController();
  const unusable: UnusableInput[] = [];
  send({ type: "ready" });
  const run = new InputRun(
    {
      onStream(stream) {
        writer.flush();
        streams.push(stream);
        send({ type: "stream", stream });
      },
      sinkOf(stream, host) {
        const sink = sinks++;
        send({ type: "sink", stream: streams.indexOf(stream), host });
        return (event) => writer.write(sink, event);
      },
      progress(done) {
        ring.progress = done;
        if (ring.aborted) stopping.abort();
      },
      signal: stopping.signal,
    },
    0,
    unusable,
  );
  await run.readSet(name, paths);
  writer.flush();
  const ends = run.streams.map(({ stream, reading }) => ({
    number: streams.indexOf(stream),
    files: stream.files,
    reading,
  }));
  send({ type: "done", streams: ends, unusable, read: run.done });
}

await main(workerData as Task);
