import { spawnSync } from "node:child_process";

/**
 * Runs a program to its end and returns its standard output.
 * @throws Error with the program's own words when it fails.
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (result.error) throw new Error(`lab: cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const how = result.signal ?? `exit ${result.status}`;
    throw new Error(`lab: ${command} ${args.join(" ")} failed (${how}): ${(result.stderr || result.stdout).trim()}`);
  }
  return result.stdout;
}

/** Waits until `holds()` returns something true and returns it, or null after `ms` milliseconds. */
export async function until(holds, ms, every = 10) {
  const end = performance.now() + ms;
  for (;;) {
    const value = holds();
    if (value) return value;
    if (performance.now() > end) return null;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** Blocks this thread; for clean-up in an exit handler, where no timer fires any more. */
export function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
