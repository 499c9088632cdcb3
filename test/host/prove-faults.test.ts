import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Carrying } from "../../src/cli/prove-carrying.ts";
import { beginRun } from "../../src/cli/prove-run.ts";
import { ALL_STEPS } from "../../src/cli/step-kinds.ts";
import {
  askFor,
  cgroupFolder,
  freezers,
  membersOf,
  mountsOf,
  moveInto,
  stateOf,
} from "../../src/experiment/freezer.ts";
import { freezing, stopping, type Intervention } from "../../src/experiment/intervention.ts";
import { experiment } from "../../src/experiment/run.ts";
import { Journal } from "../../src/journal/journal.ts";
import { isMarked } from "../../src/journal/unfinished.ts";
import { startTicks } from "../../src/platform/process-identity.ts";
import { whoforks } from "../support/whoforks.ts";
import { simulate } from "../unit/experiment/simulation.ts";
import { Disks } from "./quarantine-lab.ts";

const [freezer] = freezers();
const lacking = process.getuid?.() === 0 ? (freezer === undefined ? "a freezer of cgroups" : null) : "root";

describe.skipIf(lacking !== null && !process.env["CI"])(
  `faults of an experiment${lacking === null ? "" : ` (needs ${lacking})`}`,
  () => {
    let disks: Disks;
    const started: ChildProcess[] = [];
    beforeAll(async () => {
      if (lacking !== null) throw new Error(`needs ${lacking}`);
      // `disk` is what Disks unmounts.
      disks = await Disks.open(`
      mkdir disk; mount -t tmpfs -o size=512k small disk; mkdir -m 700 disk/state
      mkdir fixed; mount -t tmpfs -o ro fixed fixed
    `);
    });
    afterAll(() => {
      for (const child of started) child.kill("SIGKILL");
      vi.unstubAllEnvs();
      disks?.close();
    });

    /** In a session of its own, as a supervisor starts it. */
    function sleeper(): { pid: number; gone: Promise<unknown> } {
      const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
      started.push(child);
      return { pid: child.pid as number, gone: once(child, "exit") };
    }

    function held(pid: number): Intervention & { own: string } {
      const way = freezing("x", { by: "tree", pid, startTicks: startTicks(pid) as string });
      if (way === null) throw new Error("no freezer");
      return { ...way, own: ownOf(way) };
    }

    function ownOf({ prepare }: Intervention): string {
      const [step] = prepare;
      if (step === undefined) throw new Error("no cgroup of our own");
      return (step.data as { own: string }).own;
    }

    const version = freezer?.version ?? 2;
    const folderOf = (pid: number): string | null => (freezer === undefined ? null : cgroupFolder(freezer, pid));
    const isFrozen = (folder: string): boolean => stateOf(version, folder)?.asked === true;
    const run = (way: Intervention): ReturnType<typeof beginRun> => beginRun("0", way, {});

    test("where no journal can be kept nothing is begun: the disk is full, or read-only", () => {
      const { pid } = sleeper();
      const before = folderOf(pid);
      const way = held(pid);
      vi.stubEnv("WHOFORKS_STATE", disks.at("fixed/state"));
      expect(() => run(way)).toThrow(/nothing was changed.*read-only/is);
      disks.sh("dd if=/dev/zero of=disk/filling bs=4k 2>/dev/null || :");
      vi.stubEnv("WHOFORKS_STATE", disks.at("disk/state"));
      expect(() => run(way)).toThrow(/nothing was changed.*no space/is);
      disks.sh("rm disk/filling");
      expect(isMarked()).toBe(false);
      expect(folderOf(pid)).toBe(before);
      expect(existsSync(way.own)).toBe(false);
    });

    test("the disk that fills up meanwhile ends it, everything is taken back all the same, and a later start finds nothing to do", async () => {
      vi.stubEnv("WHOFORKS_STATE", disks.at("disk/state"));
      const { pid } = sleeper();
      const before = folderOf(pid);
      const way = held(pid);
      const begun = run(way);
      const carried = new Carrying(begun, way);
      expect(await carried.prepare()).toBe(true);
      // The journal has a reserve: it is used up as well.
      disks.sh("dd if=/dev/zero of=disk/filling bs=4k 2>/dev/null || :");
      let rounds = 0;
      while (await carried.hold()) {
        expect(isFrozen(way.own)).toBe(true);
        expect(await carried.release()).toBe(true);
        expect(isFrozen(way.own)).toBe(false);
        rounds++;
      }
      // Sixteen pairs fit into it many times.
      expect(rounds).toBeGreaterThan(32);
      expect(carried.because).toMatchObject({ args: { why: expect.stringMatching(/no space/i) as unknown } });
      expect(isFrozen(way.own)).toBe(false);
      expect(await begun.undoAll()).toEqual([]);
      begun.close();
      expect(folderOf(pid)).toBe(before);
      expect(existsSync(way.own)).toBe(false);
      disks.sh("rm disk/filling");
      // Its last records are missing, so it is mentioned; to take it back once more changes nothing.
      const journal = new Journal(ALL_STEPS);
      for (const { head } of journal.unfinished()) {
        const again = journal.resume(head.id);
        expect(await again.undoAll()).toEqual([]);
        again.close();
      }
      expect(journal.unfinished()).toEqual([]);
      expect(folderOf(pid)).toBe(before);
    }, 60_000);

    test("our cgroup is emptied and removed by somebody else, free or held: told, and nobody stays frozen", async () => {
      vi.stubEnv("WHOFORKS_STATE", disks.at("state"));
      const { pid } = sleeper();
      const before = folderOf(pid) as string;
      for (const isHeld of [false, true]) {
        const way = held(pid);
        const begun = run(way);
        const carried = new Carrying(begun, way);
        try {
          expect(await carried.prepare()).toBe(true);
          if (isHeld) expect(await carried.hold()).toBe(true);
          // Version 1 lets nobody leave a frozen one.
          if (isHeld) await carried.release();
          moveInto(before, pid);
          rmdirSync(way.own);
          expect(await carried.hold()).toBe(false);
          expect(carried.because).toMatchObject({ code: "experiment.refused.cgroup-gone" });
          expect(await carried.release()).toBe(true);
          expect(await begun.undoAll()).toEqual([]);
          expect(folderOf(pid)).toBe(before);
          expect(isFrozen(before)).toBe(false);
        } finally {
          begun.close();
        }
      }
    });

    test("somebody else lets it go while it is held: it was not held then, and all is as it was", async () => {
      vi.stubEnv("WHOFORKS_STATE", disks.at("state"));
      const { pid } = sleeper();
      const frozen = held(pid);
      for (const [way, letGo] of [
        [frozen, (): void => askFor(version, frozen.own, false)],
        [stopping("x", pid, startTicks(pid) as string), (): boolean => process.kill(pid, "SIGCONT")],
      ] as const) {
        const begun = run(way);
        const carried = new Carrying(begun, way);
        try {
          expect(await carried.prepare()).toBe(true);
          expect(await carried.hold()).toBe(true);
          expect(await carried.release()).toBe(true);
          expect(await carried.hold()).toBe(true);
          letGo();
          await vi.waitUntil(() => !/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "latin1")));
          expect(await carried.release()).toBe(false);
          expect(carried.because).toEqual({ code: "experiment.refused.not-kept", args: { target: "x" } });
          expect(await begun.undoAll()).toEqual([]);
        } finally {
          begun.close();
        }
      }
    });

    test("what gets worse while it is held is let go at once: the process goes on, and the run has one step, taken back", async () => {
      vi.stubEnv("WHOFORKS_STATE", disks.at("state"));
      const { pid } = sleeper();
      const way = stopping("x", pid, startTicks(pid) as string);
      const begun = run(way);
      const carried = new Carrying(begun, way);
      const isStopped = (): boolean => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
      let stopped = 0;
      // The process is really stopped; the storm is a function of that.
      const bench = simulate(() => {
        if (isStopped()) stopped++;
        return isStopped() ? 300 : 30;
      });
      const hands = { hold: () => carried.hold(), release: () => carried.release() };
      const { judgement } = await experiment(Object.assign(bench, hands), {
        pairs: 8,
        baselineSeconds: 2,
        longestBaseline: 16,
        settleSeconds: way.settleSeconds,
        remainder: way.remainder,
        coin: () => true,
      });
      expect(judgement.code).toBe("experiment.inconclusive.worse");
      expect(isStopped()).toBe(false);
      // Bins of a tenth of a second: a fraction of the slots that were planned.
      expect(stopped).toBeLessThan(8);
      expect(begun.state.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual(["process.stop undone"]);
      expect(await begun.undoAll()).toEqual([]);
      begun.close();
    });

    test("a supervisor that starts its program anew meanwhile: a process that has ended is not held any more, a unit is", async () => {
      vi.stubEnv("WHOFORKS_STATE", disks.at("state"));
      const first = sleeper();
      const way = held(first.pid);
      const begun = run(way);
      const carried = new Carrying(begun, way);
      expect(await carried.prepare()).toBe(true);
      expect(await carried.hold()).toBe(true);
      expect(await carried.release()).toBe(true);
      process.kill(first.pid, "SIGKILL");
      await first.gone;
      while (membersOf(way.own).length > 0) await delay(5);
      const successor = sleeper();
      // To freeze nobody would "refute" what the successor does.
      expect(await carried.hold()).toBe(false);
      expect(carried.because).toMatchObject({ code: "experiment.refused.nobody" });
      expect(await begun.undoAll()).toEqual([]);
      begun.close();

      // A unit's cgroup, as systemd makes it, where it is not the freezer's own.
      const units = mountsOf("name=systemd");
      if (units === null) return;
      const unit = `${units.dir}/whoforks-unit${process.pid}`;
      mkdirSync(unit);
      try {
        moveInto(unit, successor.pid);
        const whole = freezing("x.service", { by: "cgroup", folder: unit });
        if (whole === null) throw new Error("no freezer");
        const own = ownOf(whole);
        const second = run(whole);
        const carrying = new Carrying(second, whole);
        expect(await carrying.prepare()).toBe(true);
        expect(membersOf(own)).toEqual([successor.pid]);
        process.kill(successor.pid, "SIGKILL");
        await successor.gone;
        const third = sleeper();
        const before = folderOf(third.pid);
        moveInto(unit, third.pid);
        expect(await carrying.hold()).toBe(true);
        expect(membersOf(own)).toEqual([third.pid]);
        expect(isFrozen(own)).toBe(true);
        expect(await second.undoAll()).toEqual([]);
        second.close();
        expect(folderOf(third.pid)).toBe(before);
        process.kill(third.pid, "SIGKILL");
        await third.gone;
      } finally {
        while (membersOf(unit).length > 0) await delay(5);
        rmdirSync(unit);
      }
    });

    test("a second one at a time is told so before it looks for a storm, and a unit's name is never a pattern", async () => {
      const env = { WHOFORKS_STATE: disks.at("state") };
      vi.stubEnv("WHOFORKS_STATE", env.WHOFORKS_STATE);
      const { pid } = sleeper();
      const begun = run(held(pid));
      try {
        const second = await whoforks(["prove", "--yes", "--freeze", String(pid)], { env });
        expect(second).toMatchObject({ exitCode: 2, stdout: "" });
        expect(second.stderr).toContain("another run of whoforks");
      } finally {
        await begun.undoAll();
        begun.close();
      }
      for (const [option, unit] of [
        ["--stop", "s*.service"],
        ["--freeze", "../../x.service"],
        ["--mask", "\u001b[31m$(reboot).service"],
      ] as const) {
        const refused = await whoforks(["prove", "--yes", `${option}=${unit}`], { env });
        expect(refused, unit).toMatchObject({ exitCode: 2, stdout: "" });
        expect(refused.stderr).toMatch(/no supervisor of this host has|nobody runs in a cgroup of/);
        expect(refused.stderr).not.toContain("\u001b");
      }
    });
  },
);
