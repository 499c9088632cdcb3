import type { ProcessEvent } from "../../src/model/events.ts";
import { observe } from "../../src/capture/observe.ts";

// Observes for half a second as whoever runs it, and prints what came of it.
const events: ProcessEvent[] = [];
const seen = await observe({
  sink: (event) => events.push(event),
  seconds: Number(process.argv[2] ?? 0.6),
  enough: () => false,
  signal: new AbortController().signal,
});
const { couldNotLook, sources, before, after } = seen;
process.stdout.write(
  JSON.stringify({ couldNotLook, sources, events, before: before.processes.size, forks: after.forks - before.forks }),
);
