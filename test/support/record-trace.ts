import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export const TRACE_CMD = "/usr/bin/trace-cmd";

/** Its mount of tracefs, where this host has none, is in a mount namespace of its own; trace-cmd leaves tracing off, so it is switched as it was. */
const SCRIPT = `empty=$0 folder=$1; shift
t=/sys/kernel/tracing
[ -e $t/tracing_on ] || mount -t tracefs whoforks-test-tracefs $t || exit
was=$(cat $t/tracing_on)
trap 'echo "$was" >$t/tracing_on' EXIT
for f in /proc/sys/kernel/ftrace_enabled $t/set_ftrace_filter $t/set_ftrace_notrace $t/set_ftrace_pid; do mount --bind "$empty" $f; done
cd "$folder" && ${TRACE_CMD} record -q "$@"`;

/**
 * Runs trace-cmd record (`args`: options, then the command to run) into a file of a folder. Where function tracing is closed (a
 * kernel may forbid to write to it although events are open), trace-cmd would give up although it was not asked for: there its
 * files are empty ones of a mount namespace. Throws when it fails.
 */
export function recordTrace(folder: string, name: string, args: readonly string[]): string {
  const file = join(folder, name);
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  // Its recorders end with the PID namespace.
  const own = ["-m", "-p", "-f", "--kill-child", "sh", "-c", SCRIPT];
  const run = spawnSync("unshare", [...own, empty, folder, "-o", file, ...args], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`trace-cmd record: ${run.stderr}`);
  return file;
}
