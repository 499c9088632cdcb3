import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmdirSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { factsOf } from "../../src/capture/procfs/facts.ts";
import { snapshot } from "../../src/capture/procfs/snapshot.ts";
import { needsProgram } from "../lab/needs.ts";
import { diagnosed } from "../support/whoforks.ts";
import { cannotRun as cannotAudit, running, settings, until } from "./audit-lab.ts";
import { cannotRun, capture, instances, mountedByUs, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun() ?? cannotAudit();
const TRACING = "/sys/kernel/tracing";
function storm(count: number): Promise<unknown> {
  const loop = `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); /bin/true; done`;
  return once(spawn("/bin/sh", ["-c", loop], { stdio: "ignore" }), "close");
}

describe.skipIf(obstacle !== null)(`faults${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
    stopAll();
  });

  test("bpftrace at work: it goes on counting, and ours counts the same", async (context) => {
    needsProgram(context, "/usr/bin/bpftrace");
    const script = 'BEGIN { printf("ready\\n"); } tracepoint:sched:sched_process_fork { @forks = count(); }';
    const bpftrace = spawn("/usr/bin/bpftrace", ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    started.push(bpftrace);
    let said = "";
    bpftrace.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes("ready"), "bpftrace is ready");
    const done = storm(200);
    const { result } = await diagnosed(["--duration", "2s"]);
    await done;
    const closed = once(bpftrace, "close");
    bpftrace.kill("SIGINT");
    await closed;
    expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0 });
    expect(Number(/@forks: (\d+)/.exec(said)?.[1])).toBeGreaterThanOrEqual(200);
    if (instances().length === 0) expect(mountedByUs()).toBe(false);
  });

  test("an instance in use cannot be removed by others; with its events switched off that is told", () => {
    const { observer } = capture();
    const name = instances().find((each) => each.startsWith(`whoforks-${process.pid}-`));
    expect(() => rmdirSync(`${TRACING}/instances/${name}`)).toThrow(/EBUSY/);
    writeFileSync(`${TRACING}/instances/${name}/tracing_on`, "0");
    const ledger = observer.stop();
    expect(ledger).toMatchObject({ lost: null });
    expect(ledger.note).toContain("somebody switched this recording off");
  });

  test("a buffer that is much too small: the rest is told, with how much is gone", async () => {
    const { observer, events } = capture({ bufferKb: 4 });
    await storm(600);
    const ledger = observer.stop();
    expect(ledger.lost).toBeGreaterThan(0);
    expect(ledger.note).toMatch(/^\d+ of \d+ kernel records were lost, because the buffers were full/);
    expect(events.length).toBeGreaterThan(0);
  });

  test("killed at any moment, again and again: the next run leaves nothing of them", async () => {
    const before = settings();
    for (let round = 0; round < 8; round++) {
      const { child, closed } = running(["diagnose", "--with", "audit", "--duration", "3s", "--json"]);
      // From before the first line of ours runs to well within the window.
      await new Promise((resolve) => setTimeout(resolve, 60 + 170 * round + Math.random() * 150));
      child.kill("SIGKILL");
      await closed;
    }
    await diagnosed(["--duration", "500ms"]);
    expect(settings()).toBe(before);
    expect(instances()).toEqual([]);
    expect(mountedByUs()).toBe(false);
  });

  test("processes that vanish while /proc is read are left out, and nothing is thrown", async () => {
    const gone = spawnSync("/bin/true");
    expect(factsOf(gone.pid, null)).toBeNull();
    const done = storm(500);
    const over = { now: false };
    void done.then(() => (over.now = true));
    let looks = 0;
    while (!over.now) {
      const { processes } = snapshot();
      expect(processes.get(process.pid)?.pid).toBe(process.pid);
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(looks).toBeGreaterThan(3);
  });
});
