import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, test, type TestContext } from "vitest";
import { factsOf } from "../../src/capture/procfs/facts.ts";
import { snapshot } from "../../src/capture/procfs/snapshot.ts";
import { needsProgram } from "../lab/needs.ts";
import { KERNEL_LIMIT } from "../support/32-bit.ts";
import { diagnosed } from "../support/whoforks.ts";
import { cannotRun as cannotAudit, running, settings, until } from "./audit-lab.ts";
import { cannotRun, capture, instances, mountedByUs, polling, stopAll } from "./tracefs-lab.ts";

const obstacle = cannotRun() ?? cannotAudit();
const TRACING = "/sys/kernel/tracing";
const FILES = ["tracing_on", "trace_clock", "current_tracer", "buffer_size_kb", "set_event", "trace_options", "events/sched/enable"]; // prettier-ignore

/** Everything of a trace instance, the top one included, that somebody may have set. */
function traceSettings(dir: string): string {
  return FILES.map((file) => `${file}: ${readFileSync(`${dir}/${file}`, "latin1")}`).join("\n");
}

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

  /** tracefs that another program has mounted; unmounted again afterwards. */
  async function withTracefs(work: () => Promise<void>): Promise<void> {
    const mounted = existsSync(`${TRACING}/tracing_on`);
    if (!mounted) spawnSync("/usr/bin/mount", ["-t", "tracefs", "somebody", TRACING]);
    try {
      await work();
    } finally {
      if (!mounted) spawnSync("/usr/bin/umount", [TRACING]);
    }
  }

  test("trace-cmd at work, in an instance of its own and in the top one: neither is touched, nothing is lost", async (context) => {
    needsProgram(context, "/usr/bin/trace-cmd");
    const folder = mkdtempSync(`${tmpdir()}/whoforks-faults-`);
    const own = `somebody-${process.pid}`;
    try {
      await withTracefs(async () => {
        const record = (name: string, more: string[]): ChildProcess => {
          const words = ["record", "-o", `${folder}/${name}`, ...more, "-e", "sched:sched_process_fork"];
          const child = spawn("/usr/bin/trace-cmd", [...words, "/bin/sleep", "6"], { stdio: "ignore", cwd: folder });
          started.push(child);
          return child;
        };
        const recorders = [record("own.dat", ["-B", own]), record("top.dat", [])];
        const closed = recorders.map((child) => once(child, "close"));
        const dirs = [TRACING, `${TRACING}/instances/${own}`];
        await until(
          () => dirs.every((dir) => existsSync(dir) && traceSettings(dir).includes("sched_process_fork")),
          "trace-cmd records",
        );
        const before = dirs.map(traceSettings);
        const done = storm(200);
        const { result } = await diagnosed(["--duration", "2s"]);
        expect(dirs.map(traceSettings)).toEqual(before);
        await done;
        expect(result.sources[0]).toMatchObject({ kind: "tracefs", lost: 0 });
        expect(result.sources[0]?.note ?? "").not.toContain("switched this recording off");
        await Promise.all(closed);
        for (const name of ["own.dat", "top.dat"]) {
          const report = spawnSync("/usr/bin/trace-cmd", ["report", "-i", `${folder}/${name}`], { encoding: "utf8", maxBuffer: 1 << 28 }); // prettier-ignore
          expect(report.stdout.match(/sched_process_fork:/g)?.length ?? 0, name).toBeGreaterThan(150);
        }
      });
    } finally {
      if (existsSync(`${TRACING}/instances/${own}`)) rmdirSync(`${TRACING}/instances/${own}`);
      rmSync(folder, { recursive: true });
    }
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

  test("a CPU that goes offline and comes back: its events are read before and after", async (context) => {
    const cpu = hotplug(context);
    const { observer, events } = capture();
    const forks = (): number => events.filter((event) => event.type === "fork" && event.comm === "sh").length;
    try {
      await polling([observer], 20, storm(100));
      writeFileSync(cpu, "0");
      await polling([observer], 20, storm(100));
    } finally {
      writeFileSync(cpu, "1");
    }
    await polling([observer], 20, storm(100));
    const ledger = observer.stop();
    expect(ledger).toMatchObject({ lost: 0, skipped: 0 });
    expect(forks()).toBeGreaterThanOrEqual(300);
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
    let over = false;
    void done.then(() => (over = true));
    let looks = 0;
    while (!over) {
      const { processes } = snapshot();
      expect(processes.get(process.pid)?.pid).toBe(process.pid);
      looks++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(looks).toBeGreaterThan(3);
  });
});

/** The switch of a CPU that may go, where the kernel lets one go. */
function hotplug(context: TestContext): string {
  const file = "/sys/devices/system/cpu/cpu1/online";
  if (!existsSync(file)) context.skip(`${KERNEL_LIMIT}no CPU here can be taken offline`);
  return file;
}
