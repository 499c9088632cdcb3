// Our own observer as a process of its own, so that it is measured like its rivals.
// Usage: own-collector.mjs read|kernel. `kernel` switches the same events on and reads nothing.
import { pauseAfter } from "../../src/capture/poll-pace.ts";
import { startTracefs } from "../../src/capture/tracefs/start.ts";

let events = 0;
const observer = startTracefs(() => events++);
if (!("kind" in observer)) throw new Error(observer.why);
let timer = setTimeout(function next() {
  timer = setTimeout(next, process.argv[2] === "kernel" ? 1000 : pauseAfter(observer.poll()));
}, pauseAfter(0));
process.stdin.once("data", () => {
  clearTimeout(timer);
  const { lost, note } = observer.stop();
  process.stdout.write(`${JSON.stringify({ events, lost, note: note ?? null })}\n`, () => process.exit(0));
});
process.stdout.write("ready\n");
