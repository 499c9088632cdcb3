// Starts to record context switches, says so, and waits to be killed.
import { recordSwitches } from "../../src/capture/tracefs/switch-recorder.ts";

const recorder = recordSwitches();
if ("code" in recorder) throw new Error(recorder.why);
process.stdout.write("recording\n");
setInterval(() => recorder.poll(), 20);
