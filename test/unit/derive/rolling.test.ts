import { describe, expect, it } from "vitest";
import { Rolling, type RollingRow, type RollingWindow } from "../../../src/derive/rolling.ts";
import { descendants, Tree } from "../../../src/derive/tree.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { Stream } from "../../support/storms.ts";

const SECOND = 1e9;

function row(window: RollingWindow, exe: string): RollingRow {
  const found = window.rows.find((one) => one.program.exe === exe);
  if (found === undefined)
    throw new Error(`no row of ${exe} among ${window.rows.map((one) => one.program.exe).join()}`);
  return found;
}

/** Calls `work` until the stream's clock has gone on by a second. */
function forASecond(stream: Stream, work: () => void): void {
  const end = stream.ts + SECOND;
  while (stream.ts < end) work();
}

describe("the rolling window", () => {
  it("tells rate, life, ends and who starts and reaps", () => {
    const rolling = new Rolling(5);
    const stream = new Stream(rolling.onEvent);
    stream.seen(1, 0, "/sbin/init");
    stream.seen(50, 1, "/usr/sbin/superd");
    let ends = 0;
    let last: RollingWindow | undefined;
    for (let second = 0; second < 8; second++) {
      forASecond(stream, () => {
        const child = stream.fork(50);
        stream.wait(100).exec(child, "/usr/bin/worker");
        stream.wait(1900);
        if (++ends % 4 === 0) stream.exit(child, null, 11);
        else stream.exit(child, ends % 4 === 1 ? 3 : 0);
        stream.childSignal(child, 50, "superd");
        stream.wait(3000);
      });
      last = rolling.look(1);
    }
    const worker = row(last as RollingWindow, "/usr/bin/worker");
    expect(last?.seconds).toBe(5);
    expect(last?.forksPerSecond).toBeCloseTo(200, -0.5);
    expect(worker.startsPerSecond / 200).toBeCloseTo(1, 1);
    expect(worker.copies).toBe(0);
    expect(worker.medianLifeNs! / 2e6).toBeCloseTo(1, 1);
    expect(worker.ends.total).toBe(1000);
    expect(worker.ends).toMatchObject({ ok: 500, failed: 250, signalled: 250, unknown: 0, old: 0 });
    expect(worker.spawner).toMatchObject({ exe: "/usr/sbin/superd", pid: 50 });
    expect(worker.reapers).toEqual([{ pid: 50, comm: "superd", count: 1000 }]);
    expect(worker.alive).toBe(0);
    expect(worker.livedNs).toBeCloseTo(1000 * 2e6, -8);
  });

  it("follows a change of rate within a window, and forgets what has stopped", () => {
    const rolling = new Rolling(5);
    const stream = new Stream(rolling.onEvent);
    stream.seen(1, 0, "/sbin/init");
    const rates: number[] = [];
    const rows: number[] = [];
    for (const everyMs of [10, 10, 10, 10, 10, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]) {
      if (everyMs === 0) stream.wait(1e6);
      else
        forASecond(stream, () => {
          stream.run(1, "/usr/bin/worker", 50);
          stream.wait(everyMs * 1000 - 70);
        });
      const window = rolling.look(1);
      rates.push(window.rows[0]?.startsPerSecond ?? 0);
      rows.push(window.rows.length);
    }
    for (const [at, rate] of [100, 100, 100, 100, 100, 280, 460, 640, 820, 1000, 800, 600, 400, 200].entries())
      expect(rates[at]! / rate).toBeCloseTo(1, 1.3);
    expect(rows.at(-2)).toBe(1);
    expect(rows.at(-1)).toBe(0);
  });

  it("takes a chain for copies of itself, whatever its PIDs do", () => {
    const rolling = new Rolling(3);
    // 500 numbers: each returns forty times a second.
    const stream = new Stream(rolling.onEvent, 1500);
    stream.seen(1, 0, "/sbin/init");
    let member = stream.exec(stream.fork(1), "/usr/bin/atd");
    let window: RollingWindow | undefined;
    for (let second = 0; second < 6; second++) {
      member = stream.chain(member, 20_000, 50);
      window = rolling.look(1);
    }
    const atd = row(window as RollingWindow, "/usr/bin/atd");
    expect(atd.startsPerSecond / 20_000).toBeCloseTo(1, 2);
    expect(atd.copies).toBe(1);
    expect(atd.medianLifeNs! / 75_000).toBeCloseTo(1, 1);
    expect(atd.alive).toBe(1);
    expect(atd.ends.ok).toBe(60_000);
    expect(atd.reapers[0]).toMatchObject({ pid: 1, comm: "init", count: 60_000 });
  });

  it("counts the living of before, and a long life as one of before the window", () => {
    const rolling = new Rolling(2);
    const stream = new Stream(rolling.onEvent);
    stream.seen(1, 0, "/sbin/init");
    for (let pid = 10; pid < 15; pid++) stream.seen(pid, 1, "/usr/sbin/server");
    stream.wait(1000).run(1, "/usr/sbin/server", 100);
    expect(row(rolling.look(1), "/usr/sbin/server")).toMatchObject({ alive: 5, ends: { total: 1, old: 0 } });
    stream.wait(1000).exit(12);
    expect(row(rolling.look(1), "/usr/sbin/server")).toMatchObject({ alive: 4, ends: { total: 2, old: 1 } });
  });

  it("starts anew after a pause", () => {
    const rolling = new Rolling(5);
    const stream = new Stream(rolling.onEvent);
    stream.seen(1, 0, "/sbin/init");
    for (let i = 0; i < 100; i++) stream.run(1, "/bin/before", 100);
    rolling.restart();
    for (let i = 0; i < 10; i++) stream.run(1, "/bin/after", 100);
    const window = rolling.look(1);
    expect(window.rows.map((one) => one.program.exe)).toEqual(["/bin/after"]);
    expect(window).toMatchObject({ seconds: 1, forksPerSecond: 10, execsPerSecond: 10 });
  });

  it("stays bounded under names that never return, and goes on to see what comes later", () => {
    const rolling = new Rolling(3, { families: 64, images: 256, lives: 128 });
    const stream = new Stream(rolling.onEvent);
    stream.seen(1, 0, "/sbin/init");
    let names = 0;
    const longest = "x".repeat(200);
    const sizes: number[] = [];
    for (let second = 0; second < 30; second++) {
      for (let i = 0; i < 2000; i++) stream.wait(100).run(1, `/tmp/${longest}${++names}`, 100, i % 256);
      const { rows } = rolling.look(1);
      expect(rows.length).toBeLessThanOrEqual(66);
      if (second % 10 === 9) {
        globalThis.gc?.();
        sizes.push(process.memoryUsage().heapUsed);
      }
    }
    expect(sizes[2]! - sizes[0]!).toBeLessThan(5e6);
    for (let second = 0; second < 4; second++) {
      for (let i = 0; i < 500; i++) stream.wait(1500).run(1, "/usr/bin/late", 400);
      rolling.look(1);
    }
    for (let i = 0; i < 500; i++) stream.wait(1500).run(1, "/usr/bin/late", 400);
    expect(row(rolling.look(1), "/usr/bin/late").startsPerSecond).toBe(500);
  });

  it("keeps few of very many that live on", () => {
    const rolling = new Rolling(3, { lives: 1000 });
    const stream = new Stream(rolling.onEvent, 4_000_000);
    stream.seen(1, 0, "/sbin/init");
    for (let i = 0; i < 50_000; i++) stream.wait(10).exec(stream.fork(1), "/usr/bin/stays");
    expect([...rolling.living()].length).toBeLessThanOrEqual(1000);
    expect(row(rolling.look(1), "/usr/bin/stays").alive).toBeLessThanOrEqual(1000);
  });
});

describe("a tree", () => {
  it("lets through what descends from it, also after the parent is gone, and nothing else", () => {
    const rolling = new Rolling(5);
    const tree = new Tree(
      descendants(50, [
        { pid: 50, parentPid: 1 },
        { pid: 51, parentPid: 50 },
        { pid: 60, parentPid: 1 },
      ]),
      rolling.onEvent,
    );
    const stream = new Stream(tree.onEvent);
    rolling.onEvent({ type: "seen", ts: 0, pid: 51, ppid: 50, comm: "in", exe: "/bin/in", abi: null });
    expect(tree.size).toBe(2);
    for (let i = 0; i < 10; i++) stream.wait(100).run(60, "/bin/outside", 50);
    let member = stream.exec(stream.fork(51), "/bin/chain");
    for (let i = 0; i < 10; i++) {
      member = stream.chain(member, 5, 100);
      stream.wait(100).run(60, "/bin/outside", 50);
    }
    const window = rolling.look(1);
    expect(window.rows.map((one) => one.program.exe)).toEqual(["/bin/chain"]);
    // The newest link may still execute something.
    expect(row(window, "/bin/chain").startsPerSecond).toBe(50);
    expect(row(window, "/bin/chain").reapers[0]).toMatchObject({ pid: 1, count: 50 });
    expect(tree.size).toBe(3);
  });

  it("is left by a number that returns elsewhere", () => {
    const passed: ProcessEvent[] = [];
    const tree = new Tree([50], (event) => passed.push(event));
    const fork = { type: "fork", ts: 0, comm: "", childClaim: null, thread: false } as const;
    tree.onEvent({ ...fork, pid: 50, child: 70 });
    tree.onEvent({ ...fork, pid: 60, child: 70 });
    tree.onEvent({ ...fork, pid: 70, child: 71 });
    expect(passed).toHaveLength(1);
    expect(tree.size).toBe(1);
  });
});
