// Our own observer as a process of its own, so that it is measured like its rivals.
// Usage: own-collector.mjs read|kernel. `kernel` switches the same events on and reads nothing.
import { startTracefs } from "../../src/capture/tracefs/start.ts";

const POLL_MS = 20;

let events = 0;
const observer = startTracefs(() => events++);
if (!("kind" in observer)) throw new Error(observer.why);
const timer = process.argv[2] === "kernel" ? setInterval(() => {}, 1000) : setInterval(() => observer.poll(), POLL_MS);
process.stdin.once("data", () => {
  clearInterval(timer);
  const { lost, note } = observer.stop();
  process.stdout.write(`${JSON.stringify({ events, lost, note: note ?? null })}\n`, () => process.exit(0));
});
process.stdout.write("ready\n");
