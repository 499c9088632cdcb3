import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { RunningScenario } from "../../lab/lab.mjs";
import { labParent } from "../../lab/overlay.mjs";

/** What can still be found of a run on this host: processes, mounts, cgroups, its folder. Empty when all is gone. */
export function tracesOf(scenario: Pick<RunningScenario, "rootOnHost" | "initPid">): string[] {
  const name = basename(dirname(scenario.rootOnHost));
  const mounts = readFileSync("/proc/self/mountinfo", "latin1")
    .split("\n")
    .filter((line) => line.includes(name));
  const groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpuacct"].map(
    (parent) => `${parent}/${name}`,
  );
  const paths = [...groups, `${labParent()}/${name}`].filter((path) => existsSync(path));
  const init = attempt(() => readFileSync(`/proc/${scenario.initPid}/environ`, "latin1"));
  const commands = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => attempt(() => readFileSync(`/proc/${pid}/cmdline`, "latin1")) ?? "")
    .filter((command) => command.includes(name));
  return [...mounts, ...paths, ...commands, ...(init?.includes("INIT_VERSION") ? [`init ${scenario.initPid}`] : [])];
}

/** Living processes inside a scenario's PID namespace, with the program they run. */
export function inside(scenario: RunningScenario): { pid: number; exe: string }[] {
  const namespace = attempt(() => readlinkSync(`/proc/${scenario.initPid}/ns/pid`));
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && attempt(() => readlinkSync(`/proc/${pid}/ns/pid`)) === namespace)
    .map((pid) => ({ pid: Number(pid), exe: attempt(() => readlinkSync(`/proc/${pid}/exe`)) ?? "" }));
}

/** Tasks made on this host since boot (/proc/stat). */
export function tasksSinceBoot(): number {
  return Number(/^processes (\d+)/m.exec(readFileSync("/proc/stat", "latin1"))?.[1]);
}

/** Standard output of a program, whatever its exit code. */
export function output(command: string, args: string[]): string {
  return attempt(() => execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })) ?? "";
}

/**
 * Lets the kernel's own tracer count the forks that processes of one name make. Its tracefs is mounted in a mount
 * namespace of its own, so that nobody else finds the mount and no other test takes it away.
 */
export async function countForksOf(comm: string): Promise<{ stop(): Promise<{ forks: number; lost: number }> }> {
  const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", TRACER, "tracer", comm]);
  let printed = "";
  child.stdout.on("data", (bytes: Buffer) => (printed += bytes.toString()));
  const closed = once(child, "close");
  await Promise.race([once(child.stdout, "data"), closed]);
  if (!printed.startsWith("ready")) throw new Error("the kernel's tracer could not be set up");
  return {
    async stop() {
      child.stdin.end("\n");
      await closed;
      const sum = (name: string) =>
        [...printed.matchAll(new RegExp(`^${name}: (\\d+)`, "gm"))].reduce(
          (total, [, count]) => total + Number(count),
          0,
        );
      return { forks: sum("entries"), lost: sum("overrun") + sum("dropped events") };
    },
  };
}

const TRACER = `set -e
mount -t tracefs whoforks-lab-tracefs /mnt
instance=/mnt/instances/whoforks-lab-test-$$
mkdir $instance
event=$instance/events/sched/sched_process_fork
echo 8192 >$instance/buffer_size_kb
printf 'parent_comm == "%s"' "$1" >$event/filter
echo 1 >$event/enable
echo ready
read -r line || :
echo 0 >$event/enable
cat $instance/per_cpu/cpu*/stats
rmdir $instance`;

/** Waits for a condition of the storm under test; null when a minute was not enough. */
export async function eventually<T>(look: () => T): Promise<T | null> {
  for (let round = 0; round < 3000; round++) {
    const seen = look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return null;
}

/** Processes come and go while one looks: null for what has gone. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
