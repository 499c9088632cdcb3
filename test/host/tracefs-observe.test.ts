import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ProcessEvent } from "../../src/model/events.ts";
import { observe } from "../../src/capture/observe.ts";
import type { Observation, Snapshot } from "../../src/capture/types.ts";
import { monotonicNs } from "../../src/platform/clock.ts";
import { cannotRun, capture, fenced, instances, mountedByUs, Programs } from "./tracefs-lab.ts";
import { needs32Bit } from "../support/32-bit.ts";

/** What tracefs-observe-script.ts prints. */
type Printed = Pick<Observation, "couldNotLook" | "sources"> & { events: ProcessEvent[]; before: number };

const obstacle = cannotRun();

describe.skipIf(obstacle !== null)(
  `a window of observation${obstacle === null ? "" : ` (skipped: ${obstacle})`}`,
  () => {
    let programs: Programs;
    let fence: string;
    beforeAll(() => {
      programs = new Programs();
      fence = programs.c("fenced");
    });
    afterAll(() => programs.remove());
    afterEach(() => {
      expect(instances().filter((name) => name.startsWith(`whoforks-${process.pid}-`))).toEqual([]);
      if (instances().length === 0) expect(mountedByUs()).toBe(false);
    });

    test.for([
      ["32-bit", 32],
      ["64-bit", 64],
    ] as const)(
      "a %s chain: its program, word size and exit codes are told although no member lives a millisecond",
      async ([name, bits], context) => {
        if (bits === 32) needs32Bit(context);
        const chain = bits === 32 ? programs.asm32("chain32", "wf-chain-32") : programs.c("chain", "wf-chain-64");
        let ended = false;
        const storm = fenced(fence, 20, chain, ["8000", "3"]).finally(() => (ended = true));
        const events: ProcessEvent[] = [];
        let before: Snapshot | null = null;
        const seen = await observe({
          sink: (event) => {
            expect(before, "the living come first").not.toBeNull();
            events.push(event);
          },
          begin: (living) => (before = living),
          seconds: 20,
          enough: () => ended,
          signal: new AbortController().signal,
        });
        await storm;
        expect(seen.before).toBe(before);
        expect(seen.interrupted).toBe(false);
        expect(seen.seconds).toBeLessThan(20);
        expect(seen.couldNotLook).toEqual([]);
        expect(seen.sources.map(({ kind, lost, skipped }) => ({ kind, lost, skipped }))).toEqual([
          { kind: "tracefs", lost: 0, skipped: 0 },
          { kind: "proc", lost: null, skipped: 0 },
        ]);
        expect(seen.sources.reduce((sum, source) => sum + source.events, 0)).toBe(events.length);
        const comm = `wf-chain-${bits}`;
        const images = events.flatMap((event) => (event.type === "image" && event.comm === comm ? [event] : []));
        expect(images.length, name).toBeGreaterThan(5);
        expect(new Set(images.map((image) => image.exe))).toEqual(new Set([chain]));
        expect(new Set(images.map((image) => image.bits ?? bits))).toEqual(new Set([bits]));
        expect(images.some((image) => image.bits === bits && image.mountNamespace?.startsWith("mnt:["))).toBe(true);
        const codes = events.flatMap((event) => (event.type === "exit" && event.comm === comm ? [event.code] : []));
        expect(codes.length).toBeGreaterThan(2000);
        expect(codes.filter((code) => code === 3).length).toBeGreaterThan(codes.length / 2);
        expect(codes.every((code) => code === 3 || code === null)).toBe(true);
        expect(events.every((event, i) => i === 0 || event.ts >= (events[i - 1] as ProcessEvent).ts)).toBe(true);
      },
    );

    test("whoever is forked within the recording and gone before its end has an end in it: recording begins for all events at once", async () => {
      // Where its time is up before its last link, that is as good.
      const storm = fenced(fence, 5, programs.c("chain", "wf-chain-ends"), ["20000", "3"]).catch(() => 0);
      let forks = 0;
      for (let round = 0; round < 2; round++) {
        const { events, observer } = capture();
        // Some of the storm, or all that is left of it.
        for (let polls = 0; polls < 50 && events.length < 2000; polls++) {
          observer.poll();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        const listed = monotonicNs() - observer.originNs;
        const living = new Set(readdirSync("/proc"));
        observer.stop();
        const ended = new Set(events.flatMap((event) => (event.type === "exit" ? [event.pid] : [])));
        const unended = events.flatMap((event) =>
          event.type === "fork" && !event.thread && event.child !== null && event.ts < listed ? [event.child] : [],
        );
        forks += unended.length;
        expect(unended.filter((pid) => !ended.has(pid) && !living.has(String(pid)))).toEqual([]);
      }
      expect(forks).toBeGreaterThan(0);
      await storm;
    });

    test("Ctrl-C ends the window at once", async () => {
      const abort = new AbortController();
      const seen = await observe({
        sink: () => undefined,
        seconds: 3600,
        enough: () => false,
        signal: abort.signal,
        progress: () => abort.abort(),
      });
      expect(seen.interrupted).toBe(true);
      expect(seen.sources.map((source) => source.kind)).toEqual(["tracefs", "proc"]);
    });

    test("an exception in between leaves nothing behind", async () => {
      const failing = observe({
        sink: () => undefined,
        seconds: 3600,
        enough: () => {
          throw new Error("no verdict");
        },
        signal: new AbortController().signal,
      });
      await expect(failing).rejects.toThrow("no verdict");
    });

    test("a spawner that comes and goes within the window is told with its program", async () => {
      const events: ProcessEvent[] = [];
      const script = "i=0; while [ $i -lt 40 ]; do /bin/true; i=$((i+1)); done; sleep 0.3";
      let ended = false;
      const shell = spawn("/bin/sh", ["-c", `sleep 0.2; /bin/sh -c '${script}'`], { stdio: "ignore" });
      shell.on("close", () => (ended = true));
      await observe({
        sink: (event) => events.push(event),
        seconds: 20,
        enough: () => ended,
        signal: new AbortController().signal,
      });
      const spawner = events.find(
        (event) =>
          event.type === "fork" &&
          event.pid === shell.pid &&
          events.some((other) => other.type === "fork" && other.pid === event.child),
      );
      const pid = spawner?.type === "fork" ? spawner.child : null;
      expect(events.find((event) => event.type === "image" && event.pid === pid)).toMatchObject({
        comm: "sh",
        exe: spawnSync("/usr/bin/readlink", ["-f", "/bin/sh"], { encoding: "utf8" }).stdout.trim(),
      });
    });

    test("root that may not mount: /proc alone, with the programs it catches", async () => {
      const script = programs.script("tracefs-observe-script");
      // In a mount namespace of its own, where tracefs is not mounted.
      const shell =
        'umount -q /sys/kernel/debug/tracing /sys/kernel/tracing 2>/dev/null; exec setpriv --bounding-set=-sys_admin "$@"';
      const args = ["--mount", "--propagation", "private", "/bin/sh", "-c", shell, "sh", process.execPath, script, "2"];
      const watcher = spawn("/usr/bin/unshare", args, { stdio: ["ignore", "pipe", "inherit"] });
      let out = "";
      watcher.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
      const storm = fenced(fence, 20, programs.c("chain", "wf-chain-proc"), ["8000", "0"]);
      await once(watcher, "close");
      await storm;
      const seen = JSON.parse(out) as Printed;
      // The proc connector is the next choice; the bundled script stands where koffi cannot be found.
      expect(seen.couldNotLook.map(({ code }) => code).filter(isNotMissed)).toEqual([
        "tracefs.mount-refused",
        "netlink.no-koffi",
      ]);
      expect(seen.sources.map(({ kind, lost }) => ({ kind, lost }))).toEqual([{ kind: "proc", lost: null }]);
      expect(seen.sources[0]?.note).toMatch(
        /^programs of \d+ of \d+ processes looked at just after their birth, out of \d+ tasks created/,
      );
      const chain = seen.events.flatMap((event) =>
        event.type === "seen" && event.comm === "wf-chain-proc" ? [event] : [],
      );
      expect(chain.length).toBeGreaterThan(5);
      expect(chain.some((event) => event.exe === `${programs.dir}/wf-chain-proc` && event.ppid !== null)).toBe(true);
    });

    test("without root: /proc alone, and it says so", () => {
      chmodSync(programs.dir, 0o755);
      const script = programs.script("tracefs-observe-script");
      const { stdout, stderr } = spawnSync(process.execPath, [script], {
        uid: 65534,
        gid: 65534,
        encoding: "utf8",
        cwd: "/",
      });
      expect(stderr).toBe("");
      const seen = JSON.parse(stdout) as Printed;
      expect(
        seen.couldNotLook.filter(({ code }) => isNotMissed(code)).map(({ code, remedy }) => [code, remedy]),
      ).toEqual([
        ["tracefs.no-root", "sudo whoforks diagnose"],
        ["hidden.needs-root", "sudo whoforks diagnose"],
      ]);
      expect(seen.sources.map((source) => source.kind)).toEqual(["proc"]);
      expect(seen.before).toBeGreaterThan(2);
    });
  },
);

/** That polling missed some is said wherever it did, which depends on what else runs. */
function isNotMissed(code: string): boolean {
  return code !== "proc.missed";
}
