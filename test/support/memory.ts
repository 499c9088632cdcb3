import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What this process holds once its garbage is collected, bytes. */
export function memoryHeld(): NodeJS.MemoryUsage {
  collect();
  return process.memoryUsage();
}
