import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const TRACE_CMD = "/usr/bin/trace-cmd";

/**
 * Runs trace-cmd record (`args`: options, then the command to run) into a file of a folder. Where function tracing is closed (a
 * kernel may forbid to write to it although events are open), trace-cmd would give up although it was not asked for: there its
 * files are empty ones of a mount namespace. Throws when it fails.
 */
export function recordTrace(folder: string, name: string, args: readonly string[]): string {
  const file = join(folder, name);
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  const t = "/sys/kernel/tracing";
  const closed = ["/proc/sys/kernel/ftrace_enabled", `${t}/set_ftrace_filter`, `${t}/set_ftrace_notrace`];
  const script = `for f in ${[...closed, `${t}/set_ftrace_pid`].join(" ")}; do mount --bind "$0" $f; done; cd "$1" && shift && exec ${TRACE_CMD} record -q "$@"`;
  // Its recorders end with the PID namespace, and the top instance is switched as it was: trace-cmd leaves it off.
  const own = ["-m", "-p", "-f", "--kill-child", "sh", "-c", script];
  const wasOn = readFileSync(`${t}/tracing_on`, "utf8");
  try {
    const run = spawnSync("unshare", [...own, empty, folder, "-o", file, ...args], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`trace-cmd record: ${run.stderr}`);
  } finally {
    writeFileSync(`${t}/tracing_on`, wasOn);
  }
  return file;
}
