import type { EventSink } from "../../model/events.ts";
import type { UnusableInput } from "../input-error.ts";
import { sinkOfStream, type InputRun } from "../input-run.ts";
import type { InputStream, ReadOptions } from "../input.ts";
import type { LogSet } from "../rotation.ts";
import { EventReader } from "./event-reader.ts";
import type { ThreadPlan } from "./plan.ts";
import { ReadingThread } from "./reading-thread.ts";

const PROGRESS_EVERY = 200;

/**
 * Reads sets of files, those of the plan by threads of their own: they unpack and read, this one takes the events. It takes them
 * set by set, in the order in which one thread would read them, so that the number of threads changes nothing but the time.
 * What no thread could be had for, this one reads.
 * @returns how many threads read
 */
export async function readByThreads(
  sets: readonly LogSet[],
  plan: ThreadPlan,
  run: InputRun,
  options: ReadOptions,
  unusable: UnusableInput[],
): Promise<number> {
  const running = new Map<number, ReadingThread>();
  const waiting = [...plan.apart];
  let began = 0;
  const startMore = (): void => {
    while (running.size < plan.threads - 1 && waiting.length > 0 && !run.aborted) {
      const place = waiting.shift() as number;
      running.set(place, new ReadingThread(sets[place] as LogSet));
    }
  };
  const giveUp = (): void => running.forEach(({ ring }) => ring.abort());
  run.elsewhere = () => [...running.values()].reduce((sum, { ring }) => sum + ring.progress, 0);
  const telling = setInterval(() => run.tell(), PROGRESS_EVERY);
  options.signal?.addEventListener("abort", giveUp, { once: true });
  try {
    for (const [place, set] of sets.entries()) {
      startMore();
      const thread = running.get(place);
      const isApart = thread !== undefined && (await thread.begins());
      if (isApart) {
        began++;
        await take(thread, run, options, unusable);
      } else if (!run.aborted) await run.readSet(set.name, set.paths);
      running.delete(place);
      await thread?.end();
    }
    return began;
  } finally {
    clearInterval(telling);
    options.signal?.removeEventListener("abort", giveUp);
    await Promise.all([...running.values()].map((thread) => thread.end()));
  }
}

/** Takes all that a thread has to tell of its set. */
async function take(
  thread: ReadingThread,
  run: InputRun,
  options: ReadOptions,
  unusable: UnusableInput[],
): Promise<void> {
  const events = new EventReader();
  const streams: InputStream[] = [];
  const sinks: EventSink[] = [];
  for (;;) {
    const message = await thread.next();
    if (message === null) throw new Error("a reading thread ended before its log");
    switch (message.type) {
      case "stream":
        streams.push(message.stream);
        options.onStream?.(message.stream);
        break;
      case "sink":
        sinks.push(sinkOfStream(options, streams[message.stream] as InputStream)(message.host));
        break;
      case "events":
        events.read(thread.ring.numbers(message.slot), message, sinks);
        thread.ring.release(message.slot);
        break;
      case "done":
        unusable.push(...message.unusable);
        thread.ring.progress = 0;
        run.add(
          message.streams.map(({ number, files, reading }) => {
            const stream = streams[number] as InputStream;
            stream.files = files;
            return { stream, reading };
          }),
          message.read,
        );
        return;
      default:
    }
  }
}
