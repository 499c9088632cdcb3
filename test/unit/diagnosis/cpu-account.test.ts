import { expect, test } from "vitest";
import { cpuUse } from "../../../src/derive/cpu.ts";
import { createDerivation } from "../../../src/derive/index.ts";
import { detect } from "../../../src/detect/index.ts";
import type { Known } from "../../../src/detect/types.ts";
import { cpuAccount, type CpuAccount } from "../../../src/diagnosis/cpu-account.ts";
import { cpuSum } from "../../../src/diagnosis/cpu-sum.ts";
import type { CpuSum } from "../../../src/diagnosis/result.ts";
import type { ProgramCpu } from "../../../src/model/cpu.ts";
import type { ProcFacts, Snapshot } from "../../../src/model/snapshot.ts";
import { Stream } from "../../support/storms.ts";

const KNOWN: Known = { exitStatus: true, lineage: true, lifetimes: true };
const SUPERD = 900;
const HOME = "unified:/app.service";
const SECONDS = 2;

/** CPU seconds of one window of two seconds, in which superd starts 400 workers; a compiler lives beside it. */
interface Scene {
  own?: number;
  reaped?: number;
  ignores?: boolean;
  cgroup?: { used: number; met: (string | null)[] };
  /** What 200 workers used in one recorded second. */
  recorded?: number;
  lost?: number;
  /** Others that were started in the same cgroup. */
  strangers?: number;
}

function proc(pid: number, exe: string, seconds: { own: number; reaped: number }, ignoresSigchld: boolean): ProcFacts {
  return {
    pid,
    ppid: 1,
    comm: exe.split("/").at(-1) ?? "",
    state: "S",
    startedAfterBoot: pid,
    utime: seconds.own,
    stime: 0,
    cutime: seconds.reaped,
    cstime: 0,
    kernelThread: false,
    exe,
    root: "/",
    threads: [],
    argv: [],
    cgroup: null,
    cpuCgroup: HOME,
    ignoresSigchld,
    mountNamespace: null,
    pidNamespace: null,
    namespacePid: pid,
  };
}

function snapshot(at: number, scene: Scene): Snapshot {
  const share = at / SECONDS;
  const superd = { own: (scene.own ?? 0.4) * share, reaped: (scene.reaped ?? 0) * share };
  const processes = [
    proc(SUPERD, "/usr/sbin/superd", superd, scene.ignores ?? false),
    proc(SUPERD + 1, "/usr/sbin/other", { own: 0, reaped: 0 }, false),
  ];
  const used = { seconds: (scene.cgroup?.used ?? 0) * share, monotonicNs: at * 1e9 };
  return {
    monotonicNs: at * 1e9,
    epochMs: at * 1e3,
    cpu: { user: 1.8 * share, system: 0, idle: 2.2 * share, iowait: 0, steal: 0 },
    forks: 0,
    processes: new Map(processes.map((process) => [process.pid, process])),
    cgroups: new Map(scene.cgroup === undefined ? [] : [[HOME, used]]),
  };
}

function account(scene: Scene): { account: CpuAccount; explained: number; sum: CpuSum | null } {
  const derivation = createDerivation();
  const stream = new Stream((event) => derivation.onEvent(event));
  stream.seen(SUPERD, 1, "/usr/sbin/superd");
  stream.seen(SUPERD + 1, 1, "/usr/sbin/other");
  for (let i = 0; i < 400; i++) {
    stream.run(SUPERD, "/usr/bin/worker", 1000);
    if (i < (scene.strangers ?? 0)) stream.run(SUPERD + 1, "/usr/bin/cc1", 10);
    stream.wait(3950);
  }
  const derived = derivation.finish();
  const finding = detect(derived, KNOWN, SECONDS).findings.find((found) => found.subject.image.comm === "worker");
  if (finding === undefined) throw new Error("no storm");
  const before = snapshot(0, scene);
  const after = snapshot(SECONDS, scene);
  const worker: ProgramCpu = {
    pid: null,
    exe: "/usr/bin/worker",
    comm: "worker",
    seconds: scene.recorded ?? 0,
    processes: 200,
    windowSeconds: 1,
  };
  const slices = {
    seconds: 1,
    busySeconds: 1,
    unknownSeconds: 0,
    switches: 9,
    lost: scene.lost ?? 0,
    programs: [worker],
  };
  const cpu = cpuUse(before, after, 2);
  const result = cpuAccount(
    finding,
    {
      live: {
        before,
        after,
        slices: scene.recorded === undefined ? null : slices,
        cgroupsOf: new Map([["/usr/bin/worker", new Map((scene.cgroup?.met ?? []).map((name) => [name, 5]))]]),
      },
      window: { startEpochMs: null, seconds: SECONDS },
      derived,
    },
    cpu,
  );
  const sum = cpuSum(cpu, [result]);
  return { account: result, explained: cpu.busyCpus * (sum?.explained ?? Number.NaN), sum };
}

test("alone in its cgroup: what that used, less what the spawner used itself", () => {
  const { account: found } = account({ reaped: 1, recorded: 0.5, cgroup: { used: 1.42, met: [HOME] } });
  expect(found.from).toBe("cgroup");
  expect(found.cpus).toBeCloseTo(0.51, 9);
  expect(found.starters).toBeCloseTo(0.2, 9);
  expect(found.holes).toEqual([]);
  expect(found.checks.map((check) => check.from)).toEqual(["cgroup", "sched_switch", "waiter"]);
});

test("not alone in its cgroup: an upper bound, and the recording is believed", () => {
  const { account: found } = account({ reaped: 1, recorded: 0.5, strangers: 50, cgroup: { used: 1.5, met: [HOME] } });
  expect(found).toMatchObject({ from: "sched_switch", cpus: 0.5 });
  expect(found.checks.find((check) => check.from === "cgroup")?.bound).toBe("upper");
});

test("one stranger that burns more than the storm: the cgroup is no exact account", () => {
  const { account: found } = account({ reaped: 0.4, recorded: 0.2, strangers: 1, cgroup: { used: 1.8, met: [HOME] } });
  expect(found).toMatchObject({ from: "sched_switch", cpus: 0.2 });
});

test("processes met in two cgroups, or in the root: no cgroup is asked", () => {
  for (const met of [["unified:/a", "unified:/b"], ["unified:/a", null], [null], ["unified:/gone"]]) {
    const { account: found } = account({ reaped: 1, cgroup: { used: 1.4, met } });
    expect(found).toMatchObject({ from: "waiter", cpus: 0.5 });
  }
});

test("SIGCHLD ignored: the spawner was charged nothing, the recording explains it", () => {
  const { account: found, explained } = account({ ignores: true, recorded: 0.5 });
  expect(found).toMatchObject({ from: "sched_switch", cpus: 0.5, holes: ["sigchld-ignored"] });
  expect(found.checks.find((check) => check.from === "waiter")).toMatchObject({ cpus: 0, bound: "lower" });
  expect(explained).toBeCloseTo(0.2 + 0.5, 9);
});

test("what is explained is never more than what was busy, and nothing is counted twice", () => {
  expect(account({ reaped: 1, recorded: 0.5 }).explained).toBeCloseTo(0.2 + 0.5, 9);
  expect(account({ reaped: 0, recorded: 5 }).explained).toBeCloseTo(0.9, 9);
});

test("a recording that lost switches is a lower bound, behind an exact waiter", () => {
  const { account: found } = account({ reaped: 1, recorded: 0.1, lost: 7 });
  expect(found.checks[0]).toMatchObject({ from: "waiter", bound: "exact" });
  expect(found.checks[1]).toMatchObject({ from: "sched_switch", bound: "lower" });
});

test("nothing tells: null, not 0", () => {
  expect(account({ ignores: true }).account).toMatchObject({ cpus: null, from: null });
});

test("both sides of the sum: each part once, and what nobody accounts for", () => {
  const { sum } = account({ reaped: 1.1, recorded: 0.5 });
  // Of 1.8 s in 2 s: superd 0.4, its dead 1.0 by the recording, 0.1 charged beyond that, 0.3 nobody's.
  expect(sum?.parts.map(({ of }) => of)).toEqual(["living", "storms", "other-dead"]);
  const [living, storms, others] = sum?.parts.map(({ cpus }) => cpus) ?? [];
  expect(living).toBeCloseTo(0.2, 9);
  expect(storms).toBeCloseTo(0.5, 9);
  expect(others).toBeCloseTo(0.05, 9);
  expect(sum?.explained).toBeCloseTo(0.75 / 0.9, 9);
  expect(sum?.unexplained).toBeCloseTo(0.15 / 0.9, 9);
});

test("a wall clock that is set while one looks changes nothing", () => {
  const scene = { reaped: 1, recorded: 0.5, cgroup: { used: 1.42, met: [HOME] } };
  const [before, after] = [snapshot(0, scene), snapshot(SECONDS, scene)];
  const jumps = [0, -86_400_000, 86_400_000].map((ms) => cpuUse(before, { ...after, epochMs: after.epochMs + ms }, 2));
  const [straight, ...others] = jumps.map((use) => [
    use.busyCpus,
    use.shares,
    use.parts,
    use.ofLiving(SUPERD),
    use.ofReaped(SUPERD),
  ]);
  for (const other of others) expect(other).toEqual(straight);
});
