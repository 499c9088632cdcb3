import { describe, expect, it } from "vitest";
import { createDerivation, type Derived } from "../../../src/derive/index.ts";
import { Stream } from "../../support/storms.ts";

function derive(write: (stream: Stream) => void): Derived {
  const derivation = createDerivation();
  const stream = new Stream((event) => derivation.onEvent(event));
  write(stream);
  return derivation.finish();
}

function family(derived: Derived, exe: string) {
  const found = derived.families.find((f) => f.image.exe === exe);
  if (found === undefined) throw new Error(`no family of ${exe}`);
  return found;
}

describe("lives and families", () => {
  it("counts a process that executes a program as spawned by its parent's program", () => {
    const derived = derive((s) => {
      s.seen(1, 0, "/sbin/init");
      for (let i = 0; i < 10; i++) s.wait(5000).run(1, "/usr/bin/worker", 1000, 3);
    });
    const worker = family(derived, "/usr/bin/worker");
    expect(worker).toMatchObject({ spawned: 10, replicas: 0, peakAlive: 1, ended: 10, startsWhenAlone: 10 });
    expect(worker.spawnerImage?.exe).toBe("/sbin/init");
    expect([...worker.endings.values()]).toEqual([{ code: 3, signal: null, count: 10 }]);
    expect(worker.lifetime.quantile(0.5)).toBeCloseTo(1_020_000, -5);
    expect(worker.gap.quantile(0.5)).toBeCloseTo(5_000_000, -5.5);
  });

  it("follows a chain through its generations, each parent ending first, and names the reaper", () => {
    const derived = derive((s) => {
      s.seen(1, 0, "/sbin/init");
      s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 500, 100);
    });
    const atd = family(derived, "/usr/bin/atd");
    expect(atd).toMatchObject({ spawned: 1, replicas: 499, replicators: 499, endedBeforeReplica: 499 });
    expect(atd.depth).toBe(500);
    expect(atd.reapers.ranked()[0]?.value.comm).toBe("init");
  });

  it("keeps lives apart when PIDs return", () => {
    const derived = derive((s) => {
      s.seen(1, 0, "/sbin/init");
      s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 100_000, 100);
    });
    expect(family(derived, "/usr/bin/atd")).toMatchObject({ replicas: 99_999, depth: 100_000 });
  });

  it("keeps lives apart when PIDs return and nothing but execs is told", () => {
    const derivation = createDerivation();
    const exec = (ts: number, pid: number, ppid: number, exe: string): void =>
      derivation.onEvent({ type: "exec", ts, pid, ppid, comm: exe, exe: `/bin/${exe}`, argv: null, error: 0 });
    for (let i = 0; i < 40_000; i++) {
      // Each runs a wrapper that goes on as the worker; the counter goes round at 4,096.
      const pid = 300 + (i % 3796);
      exec(i * 1e6, pid, i % 2 === 0 ? 7 : 9000 + (i % 5), "wrapper");
      exec(i * 1e6 + 1000, pid, i % 2 === 0 ? 7 : 9000 + (i % 5), "worker");
    }
    const derived = derivation.finish();
    const [worker, wrapper] = ["/bin/worker", "/bin/wrapper"].map((exe) =>
      derived.families.filter((f) => f.image.exe === exe).reduce((sum, f) => sum + f.spawned, 0),
    );
    expect({ worker, wrapper }).toEqual({ worker: 40_000, wrapper: 0 });
  });

  it("does not count threads as processes", () => {
    const derived = derive((s) => {
      const server = s.seen(500, 1, "/usr/sbin/server");
      for (let i = 0; i < 50; i++) s.thread(server);
    });
    expect(derived).toMatchObject({ forks: 0, threads: 50 });
    expect(family(derived, "/usr/sbin/server").threads).toBe(50);
  });

  it("charges forks of a thread to its process", () => {
    const derived = derive((s) => {
      const server = s.seen(500, 1, "/usr/sbin/server");
      const thread = s.thread(server);
      for (let i = 0; i < 5; i++) s.run(thread, "/bin/helper", 100);
    });
    expect(family(derived, "/bin/helper").spawners.ranked()[0]?.value.pid).toBe(500);
  });

  it("takes one process that executes twice for one process", () => {
    const derived = derive((s) => {
      s.seen(1, 0, "/sbin/init");
      for (let i = 0; i < 10; i++) {
        const child = s.wait(1000).fork(1);
        s.exec(child, "/bin/sh");
        s.wait(10).exec(child, "/usr/bin/real");
        s.wait(100).exit(child);
      }
    });
    expect(family(derived, "/usr/bin/real").spawned).toBe(10);
    expect(family(derived, "/usr/bin/real").spawnerImage?.exe).toBe("/sbin/init");
    expect(derived.families.find((f) => f.image.exe === "/bin/sh")?.spawned ?? 0).toBe(0);
  });

  it("names a program that was running before the window once its file is looked up", () => {
    const derived = derive((s) => {
      const derivationPid = 900;
      const last = s.chain(s.fork(derivationPid, "atd"), 50, 100);
      s.fork(last, "atd");
    });
    expect(derived.families[0]?.image).toMatchObject({ exe: null, comm: "atd" });
    const derivation = createDerivation();
    const s = new Stream((event) => derivation.onEvent(event));
    const member = s.fork(900, "atd");
    derivation.onEvent({
      type: "image",
      ts: s.ts,
      pid: member,
      comm: "atd",
      exe: "/usr/bin/atd",
      mountNamespace: "mnt:[1]",
      bits: 32,
    });
    s.chain(member, 50, 100);
    const atd = family(derivation.finish(), "/usr/bin/atd");
    expect(atd.image).toMatchObject({ mountNamespace: "mnt:[1]", abi: { bits: 32 } });
    expect(atd.replicas).toBeGreaterThanOrEqual(50);
  });
});

describe("forks whose child number may be of another PID namespace (audit)", () => {
  /** A chain as audit reports it: fork records of each member, `exit=` offset as inside a PID namespace. */
  function auditChain(length: number, offset: number, ends: boolean, wrap = 1e9) {
    const derivation = createDerivation();
    const feed = derivation.onEvent.bind(derivation);
    const pidOf = (i: number): number => 300 + ((1000 + i) % wrap);
    for (let i = 0; i < length; i++) {
      const ts = i * 100_000;
      const pid = pidOf(i);
      feed({
        type: "seen",
        ts,
        pid,
        ppid: i % 3 === 0 ? pidOf(i - 1) : 1,
        comm: "atd",
        exe: "/usr/bin/atd",
        abi: { machine: "i386", bits: 32 },
      });
      feed({ type: "fork", ts, pid, comm: "atd", child: null, childClaim: pidOf(i + 1) - offset, thread: false });
      if (ends) feed({ type: "exit", ts: ts + 50_000, pid, comm: "atd", code: 0, signal: null, thread: false });
    }
    return derivation.finish();
  }

  it.each([
    ["numbers agree, ends reported", 0, true],
    ["numbers agree, no ends", 0, false],
    ["numbers of another namespace, ends reported", 700, true],
    ["numbers of another namespace, no ends", 700, false],
  ])("%s", (_, offset, ends) => {
    const atd = family(auditChain(5000, offset, ends), "/usr/bin/atd");
    expect(atd.replicas).toBeGreaterThanOrEqual(4990);
    expect(atd.replicas / atd.replicators).toBeCloseTo(1, 1);
    expect(atd.depth).toBeGreaterThan(4900);
    expect(atd.image.abi).toEqual({ machine: "i386", bits: 32 });
  });

  it("survives the PID counter coming round without reported ends", () => {
    const atd = family(auditChain(20_000, 700, false, 4000), "/usr/bin/atd");
    expect(atd.replicas).toBeGreaterThan(19_000);
    expect(atd.replicas / atd.replicators).toBeLessThan(1.1);
  });
});

describe("bounded memory", () => {
  it("holds 20 million events in a few megabytes more than two million", () => {
    const grown = (generations: number): number => {
      const derivation = createDerivation();
      const stream = new Stream((event) => derivation.onEvent(event));
      stream.seen(1, 0, "/sbin/init");
      stream.chain(stream.exec(stream.fork(1), "/usr/bin/atd"), generations, 80);
      globalThis.gc?.();
      expect(derivation.finish().forks).toBe(generations + 1);
      return process.memoryUsage().heapUsed;
    };
    const small = grown(670_000);
    const large = grown(6_670_000);
    expect(large - small).toBeLessThan(64e6);
  });

  describe("programs that nobody saw (an exec without a name)", () => {
    const unseen = (derived: Derived) => derived.families.filter((each) => each.image.unseenChildOf !== null);

    it("are one program for each spawner, without a name", () => {
      const derived = derive((s) => {
        s.seen(10, 1, "/usr/sbin/a");
        s.seen(20, 1, "/usr/sbin/b");
        for (let i = 0; i < 30; i++) for (const spawner of [10, 20]) s.wait(100).run(spawner, "", 50, 0);
      });
      expect(unseen(derived).map((each) => [each.spawnerImage?.exe, each.spawned, each.image.exe])).toEqual([
        ["/usr/sbin/a", 30, null],
        ["/usr/sbin/b", 30, null],
      ]);
    });

    it("a look at one child names that one, and not its siblings", () => {
      const derived = derive((s) => {
        s.seen(10, 1, "/usr/sbin/a");
        for (let i = 0; i < 9; i++) s.wait(100).run(10, "", 50, 0);
        const child = s.exec(s.fork(10), "");
        s.image(child, "/usr/bin/known");
        s.exit(child, 0);
      });
      expect(unseen(derived)).toMatchObject([{ spawned: 9, ended: 9 }]);
      expect(family(derived, "/usr/bin/known")).toMatchObject({ spawned: 1, ended: 1 });
    });

    it("a chain of them is a chain after two levels, and does not make a program of each generation", () => {
      const derived = derive((s) => {
        let member = s.exec(s.fork(s.seen(10, 1, "/usr/sbin/a")), "");
        for (let i = 0; i < 500; i++) {
          const next = s.exec(s.fork(member), "");
          s.exit(member, 0);
          member = next;
        }
      });
      expect(unseen(derived)).toHaveLength(2);
      expect(Math.max(...unseen(derived).map((each) => each.replicas))).toBeGreaterThan(490);
    });
  });
});
