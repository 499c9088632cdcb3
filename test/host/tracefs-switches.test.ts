import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { makeBounds, removeBounds } from "../../lab/bounds.mjs";
import type { CpuSlices } from "../../src/model/cpu.ts";
import { recordSwitches } from "../../src/capture/tracefs/switch-recorder.ts";
import { removeLeftovers } from "../../src/capture/tracefs/instance.ts";
import { cannotRun, instances, Programs } from "./tracefs-lab.ts";

const obstacle = cannotRun();

/** Records for `seconds`, with `look` called at once before and after. */
async function record<T>(seconds: number, look: () => T): Promise<{ slices: CpuSlices; before: T; after: T }> {
  const recorder = recordSwitches();
  if ("code" in recorder) throw new Error(`${recorder.code}: ${recorder.why}`);
  const before = look();
  while (recorder.seconds() < seconds) {
    await sleep(10);
    recorder.poll();
  }
  const after = look();
  const slices = recorder.finish(() => null);
  if ("code" in slices) throw new Error(slices.why);
  return { slices, before, after };
}

describe.skipIf(obstacle !== null)(
  `recording of context switches${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    let bounds: ReturnType<typeof makeBounds>;
    beforeAll(() => {
      programs = new Programs();
      bounds = makeBounds(`whoforks-switches-${process.pid}`, 50);
    });
    afterAll(() => {
      removeBounds(bounds.folders);
      programs.remove();
    });
    afterEach(() => {
      expect(instances().filter((name) => name.startsWith(`whoforks-${process.pid}-`))).toEqual([]);
    });

    test.each([
      ["one after the other", ""],
      // On some virtual machines every CPU but the first leaves out switches from the idle task: docs/cpu.md.
      ["with pauses, in which a CPU is idle", "wf-pause"],
    ])("what the dead used, within a twentieth of what the kernel charged their cgroup: %s", async (_, pause) => {
      // A name of its own tells its processes from all others of the host.
      const worker = programs.copy("/bin/true", "wf-worker");
      const wait = pause === "" ? "" : `${programs.copy("/bin/sleep", pause)} 0.003;`;
      const script = `i=0; while [ $i -lt 20000 ]; do ${worker}; ${wait} i=$((i+1)); done`;
      const enter = bounds.folders.map((folder) => `echo $$ >"${folder}/cgroup.procs"`).join(" && ");
      const shell = programs.copy("/bin/dash", "wf-shell");
      const fence = ["timeout", "-s", "KILL", "15", "unshare", "--pid", "--fork", "--kill-child=KILL"];
      const pinned = pause === "" ? [] : ["taskset", "-c", `${availableParallelism() - 1}`];
      const child = spawn("sh", ["-c", `${enter} && exec "$@"`, "sh", ...fence, ...pinned, shell, "-c", script]);
      const closed = once(child, "close");
      try {
        await sleep(300);
        const { slices, before, after } = await record(1, () => bounds.cpuSeconds() ?? Number.NaN);
        expect(slices.lost).toBe(0);
        const ours = slices.programs.filter(
          ({ exe, comm }) => comm.startsWith("wf-") || exe?.includes("/wf-") === true,
        );
        const seconds = ours.reduce((sum, { seconds: used }) => sum + used, 0);
        expect(seconds / (after - before)).toBeGreaterThan(0.95);
        expect(seconds / (after - before)).toBeLessThan(1.05);
        const workers = ours.find(({ exe }) => exe === worker);
        expect(workers?.comm).toBe("wf-worker");
        expect(workers?.processes).toBeGreaterThan(20);
        expect(workers?.seconds).toBeLessThan(seconds);
        const all = slices.programs.reduce((sum, { seconds: used }) => sum + used, 0);
        expect(all).toBeLessThanOrEqual(slices.busySeconds * 1.000001);
      } finally {
        child.kill();
        for (const folder of bounds.folders) endAll(folder);
        await closed;
      }
    });

    test("what a run that was killed left behind is removed by the next", async () => {
      const script = programs.script("tracefs-switches-victim");
      const victim = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
      await once(victim.stdout, "data");
      const mine = (): string[] => instances().filter((name) => name.startsWith(`whoforks-${victim.pid}-`));
      expect(mine()).toHaveLength(1);
      victim.kill("SIGKILL");
      await once(victim, "close");
      expect(mine()).toHaveLength(1);
      removeLeftovers("/sys/kernel/tracing");
      expect(mine()).toEqual([]);
      if (
        instances().length === 0 &&
        /^whoforks \/sys\/kernel\/tracing /m.test(readFileSync("/proc/self/mounts", "utf8"))
      )
        spawnSync("umount", ["/sys/kernel/tracing"]);
    });
  },
);

/** Kills what is in a cgroup of ours; nothing else can be in it. */
function endAll(folder: string): void {
  for (const line of readFileSync(`${folder}/cgroup.procs`, "latin1").split("\n")) {
    if (line === "" || line === "0") continue;
    try {
      process.kill(Number(line), "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
