import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { observe } from "../../src/capture/observe.ts";
import { diagnosis as schema } from "../../src/diagnosis/schema.ts";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import type { ProcessEvent } from "../../src/model/events.ts";
import { monotonicNs } from "../../src/platform/clock.ts";
import { KERNEL_LIMIT } from "../support/32-bit.ts";
import { cannotRun, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun();
const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const COMMANDS = 200;

function storm(): { pid: number; done: Promise<unknown> } {
  const loop = `i=0; while [ $i -lt ${COMMANDS} ]; do i=$((i+1)); /bin/true; done`;
  const child = spawn("/bin/sh", ["-c", loop], { stdio: "ignore" });
  return { pid: child.pid ?? 0, done: once(child, "close") };
}

describe.skipIf(obstacle !== null)(`the clock${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, () => {
  afterEach(() => {
    vi.useRealTimers();
    stopAll();
  });

  test.each([
    ["back", -3600],
    ["forward", 3600],
  ])("of the day that jumps %s by an hour within the window changes no duration", async (_name, by) => {
    const events: ProcessEvent[] = [];
    const beganNs = monotonicNs();
    // The date alone is another's: the machine's clock is not ours to set.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const jump = setTimeout(() => vi.setSystemTime(Date.now() + by * 1000), 500);
    const shell = storm();
    const observation = await observe({
      seconds: 1.5,
      signal: new AbortController().signal,
      enough: () => false,
      sink: (event) => events.push(event),
    });
    clearTimeout(jump);
    await shell.done;
    const tookSeconds = (monotonicNs() - beganNs) / 1e9;
    expect(observation.seconds).toBeGreaterThanOrEqual(1.5);
    expect(observation.seconds).toBeLessThanOrEqual(tookSeconds);
    const between = (observation.after.monotonicNs - observation.before.monotonicNs) / 1e9;
    expect(between).toBeGreaterThanOrEqual(observation.seconds);
    expect(between).toBeLessThanOrEqual(tookSeconds);
    const born = new Map<number, number>();
    let lives = 0;
    for (const event of events) {
      expect(Math.abs(event.ts)).toBeLessThanOrEqual(tookSeconds * 1e9);
      if (event.type === "fork" && event.pid === shell.pid && event.child !== null) born.set(event.child, event.ts);
      const since = event.type === "exit" && !event.thread ? born.get(event.pid) : undefined;
      if (since === undefined) continue;
      lives++;
      expect(event.ts - since).toBeGreaterThan(0);
    }
    expect(lives).toBeGreaterThan(0);
  });

  test("of a time namespace is not the kernel's: the same is seen as outside", async (context) => {
    if (!existsSync("/proc/self/ns/time")) context.skip(`${KERNEL_LIMIT}this kernel has no time namespaces`);
    const fence = ["--time", "--monotonic", "1000000", "--boottime", "1000000", "--fork", "--kill-child=KILL"];
    if (spawnSync("unshare", [...fence, "true"]).status !== 0)
      context.skip(`${KERNEL_LIMIT}unshare makes no time namespaces here`);
    const child = spawn("unshare", [...fence, process.execPath, BIN, "diagnose", "--json", "--duration", "3s"], {
      env: { ...process.env, LANG: "C.UTF-8" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const closed = once(child, "close");
    const shells = Array.from({ length: 8 }, (_, n) => new Promise((resolve) => setTimeout(resolve, 400 * n)).then(() => storm().done)); // prettier-ignore
    await Promise.all([closed, ...shells]);
    const result = JSON.parse(said) as Diagnosis;
    expect(schema.safeParse(result).success).toBe(true);
    expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0 });
    expect(result.sources[0]?.note ?? "").not.toContain("too late");
    expect(result.window.seconds).toBeLessThan(60);
    expect(result.symptom.forksPerSecond).toBeGreaterThan(5);
    for (const { lifetimeMs } of result.storms) expect(lifetimeMs?.p99 ?? 0).toBeLessThan(60_000);
    const { busyCpus } = result.symptom;
    expect(busyCpus).not.toBeNull();
  });
});
