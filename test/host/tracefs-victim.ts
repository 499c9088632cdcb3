import { startTracefs } from "../../src/capture/tracefs/start.ts";

// A capture that is killed from outside: says when it runs, and goes on until then.
const observer = startTracefs(() => undefined);
process.stdout.write("kind" in observer ? "running\n" : `${observer.code}\n`);
setInterval(() => "kind" in observer && observer.poll(), 20);
