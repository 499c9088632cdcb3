import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeBounds, removeBounds } from "../../lab/bounds.mjs";
import { startScenario, type LabOptions } from "../../lab/lab.mjs";
import type { Diagnosis, Storm } from "../../src/diagnosis/result.ts";
import { needs32Bit } from "../support/32-bit.ts";
import { diagnosed } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";

/** The unified hierarchy of a host that has both versions: its root counts CPU time without any controller. */
const UNIFIED = "/sys/fs/cgroup/unified";

/** What a cgroup used, looked at every few milliseconds, so that any window's use can be told. */
class Meter {
  readonly #looks: { ms: number; seconds: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(seconds: () => number | null) {
    this.#timer = setInterval(() => {
      const used = seconds();
      if (used !== null) this.#looks.push({ ms: Date.now(), seconds: used });
    }, 20);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** CPUs used in the window of a diagnosis. */
  cpusIn({ window }: Diagnosis): number {
    const start = Date.parse(window.start ?? "");
    return (this.#at(start + window.seconds * 1000) - this.#at(start)) / window.seconds;
  }

  /** CPUs used in the parts of the window that were recorded. */
  cpusRecorded({ window, symptom }: Diagnosis): number {
    const start = Date.parse(window.start ?? "");
    const spans = symptom.recorded?.spans ?? [];
    const seconds = spans.reduce((sum, [from, to]) => sum + to - from, 0);
    const used = spans.map(([from, to]) => this.#at(start + to * 1000) - this.#at(start + from * 1000));
    return used.reduce((sum, one) => sum + one, 0) / seconds;
  }

  #at(ms: number): number {
    const next = this.#looks.findIndex((look) => look.ms >= ms);
    const a = this.#looks[next - 1];
    const b = this.#looks[next];
    if (a === undefined || b === undefined) throw new Error("the window reaches over what was measured");
    return a.seconds + ((b.seconds - a.seconds) * (ms - a.ms)) / (b.ms - a.ms);
  }
}

/** Everything in the cgroup is the storm's processes, or what starts and reaps them. */
function both(storm: Storm | undefined): number {
  return (storm?.cpus ?? Number.NaN) + (storm?.startersCpus ?? 0);
}

function within(value: number, truth: number, share: number): void {
  expect(value / truth).toBeGreaterThan(1 - share);
  expect(value / truth).toBeLessThan(1 + share);
}

/**
 * The recording against the cgroup, for the same seconds. In the cgroup are the storm's processes and their starters, so
 * these are taken from the recording as well.
 */
function recordingChecksOut(result: Diagnosis, storm: Storm | undefined, meter: Meter): void {
  const recorded = storm?.cpuChecks?.find((check) => check.from === "sched_switch")?.cpus ?? Number.NaN;
  const starters = new Set([storm?.spawner?.pid, storm?.reaper?.pid]);
  const programs = result.symptom.recorded?.programs ?? [];
  const theirs = programs.filter(({ pid }) => pid !== null && starters.has(pid));
  const used = theirs.reduce((sum, { cpus }) => sum + cpus, 0);
  within(recorded + (theirs.length > 0 ? used : (storm?.startersCpus ?? 0)), meter.cpusRecorded(result), 0.05);
}

function checksOut(result: Diagnosis): void {
  const { busyCpus, explainedCpus, recorded, sum } = result.symptom;
  expect(explainedCpus).toBeLessThanOrEqual(busyCpus ?? 0);
  expect((sum?.explained ?? 0) + (sum?.unexplained ?? 0)).toBeCloseTo(1, 6);
  expect(recorded?.lost).toBe(0);
  expect(recorded?.seconds).toBeLessThan(result.window.seconds);
  expect(result.sources.find((source) => source.kind === "tracefs")?.lost).toBe(0);
}

const CASES: [name: string, kind: string, options: Partial<LabOptions>][] = [
  ["case", "self-replicating-chain", {}],
  ["case-32", "self-replicating-chain", {}],
  ["respawn-loop", "respawn-loop", { interval: 0, lifetime: 0 }],
  ["shell-loop", "shell-loop", {}],
];

for (const [name, kind, options] of CASES) {
  test(`${name}: its CPU is that of its cgroup, and the recording of switches agrees`, async (context) => {
    needsLab(context);
    if (name === "case-32") needs32Bit(context);
    const scenario = await startScenario(name, { seconds: 20, ...options });
    const meter = new Meter(() => scenario.truth().cpuSeconds);
    try {
      const { result } = await diagnosed(["--duration", "6s"]);
      // Other storms of the host may be of the same kind.
      const ours = ({ cpuChecks }: Storm): boolean =>
        cpuChecks?.some(({ cgroup }) => cgroup?.includes("whoforks-lab-") === true) === true;
      const storm = result.storms.find((candidate) => candidate.kind === kind && ours(candidate));
      expect(storm?.cpusFrom).toBe("cgroup");
      within(both(storm), meter.cpusIn(result), 0.05);
      recordingChecksOut(result, storm, meter);
      expect(storm?.cpuHoles).toEqual([]);
      checksOut(result);
    } finally {
      meter.stop();
      await scenario.stop();
    }
  });
}

for (const [mode, hole] of [
  ["ignore", "sigchld-ignored"],
  ["double", "reaped-by-another"],
] as const) {
  test(`${hole}: CPU that its parent is not charged for is found and counted`, async (context) => {
    needsLab(context);
    const dir = mkdtempSync(join(tmpdir(), "whoforks-cpu-"));
    const program = join(dir, "unaccounted");
    const source = new URL("../fixtures/cpu/unaccounted.c", import.meta.url).pathname;
    const compiled = spawnSync("gcc", ["-O1", "-static", "-o", program, source], { encoding: "utf8" });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    const bounds = makeBounds(`whoforks-cpu-${process.pid}-${mode}`, 50);
    const enter = bounds.folders.map((folder) => `echo $$ >"${folder}/cgroup.procs"`).join(" && ");
    const fence = ["timeout", "-s", "KILL", "15", "unshare", "--pid", "--fork", "--kill-child=KILL"];
    // The shell stays as PID 1 of the namespace, and reaps whom nobody else waits for.
    const argv = [...fence, "sh", "-c", '"$@"; exit', "sh", program, mode, "10", "20000"];
    const child = spawn("sh", ["-c", `${enter} && exec "$@"`, "sh", ...argv], { stdio: "ignore" });
    const closed = new Promise((resolve) => child.on("close", resolve));
    const meter = new Meter(() => bounds.cpuSeconds());
    try {
      const { result } = await diagnosed(["--duration", "4s"]);
      // Those in between are copies of the program, and another storm.
      const storm = result.storms.find(
        (candidate) => candidate.spawner?.exe === program && candidate.program.exe === "/bin/true",
      );
      expect(storm?.cpuHoles).toEqual([hole]);
      expect(storm?.cpusFrom).toBe("cgroup");
      within(both(storm), meter.cpusIn(result), 0.05);
      recordingChecksOut(result, storm, meter);
      const waiter = storm?.cpuChecks?.find((check) => check.from === "waiter");
      if (mode === "ignore") {
        expect(waiter?.cpus).toBe(0);
        expect(waiter?.bound).toBe("lower");
      }
      checksOut(result);
    } finally {
      meter.stop();
      removeBounds(bounds.folders);
      await closed;
      rmSync(dir, { recursive: true, force: true });
    }
  });
}

test("a cgroup of version 2 is as exact, also where it has no controller", async (context) => {
  needsLab(context);
  if (!existsSync(`${UNIFIED}/cgroup.controllers`)) {
    // A host with version 2 alone: the tests above have used it already.
    expect(existsSync("/sys/fs/cgroup/cgroup.controllers")).toBe(true);
    return;
  }
  const folder = `${UNIFIED}/whoforks-cpu-${process.pid}`;
  mkdirSync(folder);
  const meter = new Meter(() => {
    const microseconds = /^usage_usec (\d+)$/m.exec(readFileSync(`${folder}/cpu.stat`, "latin1"))?.[1];
    return microseconds === undefined ? null : Number(microseconds) / 1e6;
  });
  const bounds = makeBounds(`whoforks-cpu-v2-${process.pid}`, 50);
  // The limit on processes is of version 1; only there is it entered by that folder.
  const [pids] = bounds.folders;
  const enter = `echo $$ >"${folder}/cgroup.procs" && echo $$ >"${pids}/cgroup.procs"`;
  const fence = ["timeout", "-s", "KILL", "15", "unshare", "--pid", "--fork", "--kill-child=KILL"];
  const script = "i=0; while [ $i -lt 20000 ]; do /bin/true; i=$((i+1)); done";
  const child = spawn("sh", ["-c", `${enter} && exec "$@"`, "sh", ...fence, "dash", "-c", script], { stdio: "ignore" });
  const closed = new Promise((resolve) => child.on("close", resolve));
  try {
    const { result } = await diagnosed(["--duration", "4s"]);
    const cgroup = `/whoforks-cpu-${process.pid}`;
    const storm = result.storms.find(({ cpuChecks }) => cpuChecks?.some((check) => check.cgroup === cgroup));
    expect(storm?.kind).toBe("shell-loop");
    expect(storm?.cpusFrom).toBe("cgroup");
    within(both(storm), meter.cpusIn(result), 0.05);
    recordingChecksOut(result, storm, meter);
    checksOut(result);
  } finally {
    meter.stop();
    removeBounds([...bounds.folders, folder]);
    await closed;
  }
});
