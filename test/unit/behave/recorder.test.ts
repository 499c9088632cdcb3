import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, ordered } from "../../../src/behave/judge.ts";
import { CallRecorder } from "../../../src/behave/recorder.ts";
import type { ProgramBehaviour, Target } from "../../../src/behave/result.ts";

const CHAIN: Target = {
  pid: null,
  storm: { id: "storm-1", kind: "self-replicating-chain", perSecond: 1000, benign: false },
  program: { exe: "/usr/bin/atd", comm: "atd", root: "/" },
  abi: { machine: "x86_64", bits: 64 },
};
const ENOENT = -2;

/** Writes what processes do, each line one call: `fork`, `open!` fails, `exit_group=3`. */
class Script {
  readonly recorder: CallRecorder;
  ts = 0;

  constructor(names: [string, string | null][] = [["atd", "/usr/bin/atd"]]) {
    this.recorder = new CallRecorder({ names: new Map(names) });
  }

  calls(pid: number, text: string, task = pid): this {
    for (const word of text.split(" ").filter((one) => one !== "")) {
      const [name = "", code] = word.replace("!", "").split("=");
      const call = this.recorder.call({ kind: "system", name, library: null });
      this.recorder.entered((this.ts += 1000), pid, task, call, Number(code ?? 0));
      if (code === undefined && !word.endsWith("…"))
        this.recorder.returned((this.ts += 500), pid, task, word.endsWith("!") ? ENOENT : 1);
    }
    return this;
  }

  born(parent: number, child: number, comm: string): this {
    this.recorder.born((this.ts += 100), parent, child, comm);
    // What the child's return from the fork looks like: nobody saw it enter.
    this.recorder.returned((this.ts += 100), child, child, 0);
    return this;
  }

  ended(pid: number, comm: string, signal = 0): this {
    this.recorder.ended((this.ts += 100), pid, comm, signal);
    return this;
  }

  told(target = CHAIN): ProgramBehaviour[] {
    return ordered(this.recorder.finish(), target);
  }
}

/** A chain caught in the middle of its first member's life. */
function chain(generations: number, calls: (generation: number) => string, script = new Script()): Script {
  for (let n = 0; n < generations; n++) {
    const pid = 1000 + n;
    script.calls(pid, calls(n));
    script.born(pid, pid + 1, "atd");
    script.calls(pid, "exit_group=0").ended(pid, "atd");
  }
  return script;
}

describe("the calls of generations", () => {
  it("a chain of which nobody saw the beginning: each generation, its calls, its exit code", () => {
    const [atd] = chain(101, () => "setsid fork").told();
    const generations = atd?.generations[0];
    expect(atd?.program).toEqual({ exe: "/usr/bin/atd", comm: "atd" });
    // The first was met in its life, the last one still lives.
    expect(generations).toMatchObject({ whole: 100, repeating: 100, every: ["setsid", "fork", "exit_group"] });
    expect(generations?.sequence.map(({ call, exitCode }) => [call, exitCode])).toEqual([
      ["setsid", null],
      ["fork", null],
      ["exit_group", 0],
    ]);
    expect(atd?.calls.map(({ name, count, seconds }) => [name, count, seconds])).toEqual([
      ["exit_group", 101, null],
      ["fork", 101, (101 * 500) / 1e9],
      ["setsid", 101, (101 * 500) / 1e9],
    ]);
    expect(judge([atd as ProgramBehaviour], 0)).toMatchObject({ outcome: "repeats", code: "behave.repeats" });
  });

  it("says which generations differ, and where", () => {
    const programs = chain(201, (n) => (n % 20 === 5 ? "setsid clock_gettime fork" : "setsid fork")).told();
    expect(programs[0]?.generations[0]).toMatchObject({
      whole: 200,
      repeating: 190,
      every: ["setsid", "fork", "exit_group"],
    });
    expect(programs[0]?.generations[0]?.variants).toEqual([
      {
        count: 10,
        calls: 4,
        at: 1,
        common: { call: "fork", exitCode: null, error: null, unfinished: false, times: 1 },
        instead: { call: "clock_gettime", exitCode: null, error: null, unfinished: false, times: 1 },
      },
    ]);
    expect(judge(programs, 0).args).toMatchObject({ whole: 200, repeating: 190, calls: 3 });
  });

  it("a call that fails is another step than one that does not", () => {
    const [atd] = chain(41, (n) => (n % 2 === 0 ? "open! fork" : "open fork")).told();
    expect(atd?.calls.find(({ name }) => name === "open")).toMatchObject({
      count: 41,
      errors: [{ error: "ENOENT", count: 21 }],
    });
    expect(atd?.generations[0]).toMatchObject({ whole: 40, repeating: 20 });
    expect(judge([atd as ProgramBehaviour], 0).outcome).toBe("does-not-repeat");
  });

  it("loops of another length are the same behaviour, and said to be so", () => {
    const programs = chain(61, (n) => `${"read ".repeat(1 + (n % 7))} fork`).told();
    expect(programs[0]?.generations[0]).toMatchObject({ whole: 60, repeatingLoosely: 60 });
    expect(judge(programs, 0)).toMatchObject({ outcome: "repeats", code: "behave.repeats-loosely" });
  });

  it("generations that differ are not taken for it when records were lost", () => {
    const programs = chain(61, (n) => `call${n} fork`).told();
    expect(judge(programs, 0).outcome).toBe("does-not-repeat");
    expect(judge(programs, 7)).toMatchObject({ outcome: "could-not-look", code: "behave.records-lost" });
    expect(judge(programs, null).outcome).toBe("could-not-look");
  });

  it("bystanders of the same moment are left out, whatever they do", () => {
    const script = new Script();
    script.calls(500, "read write").born(500, 501, "bash").calls(501, "close execve");
    script.recorder.execed(1, 501, "/usr/bin/true");
    script.calls(501, "brk exit_group=0").ended(501, "true");
    const programs = chain(30, () => "fork", script).told();
    expect(programs.map(({ program }) => program.exe)).toEqual(["/usr/bin/atd"]);
    expect(script.recorder.bystanders).toBe(2);
  });

  it("children that execute are generations of what they execute, with the calls before it", () => {
    const script = new Script([]);
    script.recorder.known(7, "/usr/bin/dash", "dash");
    for (let n = 0; n < 20; n++) {
      script
        .calls(7, "fork")
        .born(7, 100 + n, "dash")
        .calls(100 + n, "close execve");
      script.recorder.execed(1, 100 + n, "/bin/true");
      script
        .calls(100 + n, "brk exit_group=0")
        .ended(100 + n, "true")
        .calls(7, "wait4");
    }
    const programs = script.told({
      ...CHAIN,
      storm: null,
      pid: 7,
      program: { exe: "/usr/bin/dash", comm: "dash", root: "/" },
    });
    expect(programs.map(({ program, processes }) => [program.exe, processes])).toEqual([
      ["/bin/true", 20],
      ["/usr/bin/dash", 1],
    ]);
    expect(programs[0]?.generations[0]?.every).toEqual(["close", "execve", "brk", "exit_group"]);
  });

  it("a process killed within a call", () => {
    const script = new Script();
    script.recorder.known(7, "/sbin/superd", "superd");
    for (let n = 0; n < 12; n++)
      script
        .born(7, 100 + n, "superd")
        .calls(100 + n, "nanosleep…")
        .ended(100 + n, "superd", 9);
    const [superd] = script.told();
    expect(superd?.killed).toEqual([{ signal: 9, count: 12 }]);
    expect(superd?.generations[0]?.sequence).toMatchObject([{ call: "nanosleep…", unfinished: true }]);
  });

  it("other threads are counted, and do not disturb the order of the first one's calls", () => {
    const script = new Script();
    script.recorder.known(7, "/sbin/superd", "superd");
    for (let n = 0; n < 12; n++) {
      const pid = 100 + n;
      script.born(7, pid, "superd").calls(pid, "open");
      for (let times = n; times > 0; times--) script.calls(pid, "futex", 900);
      script.calls(pid, "exit_group=1").ended(pid, "superd");
    }
    const [superd] = script.told();
    expect(superd?.generations[0]).toMatchObject({ whole: 12, repeating: 12 });
    expect(superd?.calls.find(({ name }) => name === "futex")?.count).toBe(66);
  });

  it("a call that is recorded no more counts for nothing, and lives that had it are not compared", () => {
    const script = new Script();
    const [fork, getuid] = ["fork", "getuid"].map((name) => script.recorder.call({ kind: "library", name, library: "libc.so.6" })) as [number, number]; // prettier-ignore
    const generation = (pid: number): void => {
      script.born(7, pid, "atd");
      for (const call of [fork, getuid, getuid]) script.recorder.entered(pid, pid, pid, call, 0);
    };
    script.recorder.known(7, "/usr/bin/atd", "atd");
    for (let pid = 100; pid < 115; pid++) {
      generation(pid);
      if (pid === 104) script.recorder.dropped(getuid);
      script.ended(pid, "atd");
    }
    const [atd] = script.told();
    expect(atd?.calls).toMatchObject([{ name: "fork", count: 15 }]);
    expect(atd?.generations).toMatchObject([{ calls: "library", whole: 10, repeating: 10, sequence: [{ call: "fork" }] }]); // prettier-ignore
  });

  it("too few generations are no pattern, none is another answer than no call", () => {
    expect(judge(chain(5, () => "fork").told(), 0)).toMatchObject({ outcome: "no-generations", args: { whole: 4 } });
    const idle = new Script();
    idle.recorder.known(7, "/sbin/superd", "superd");
    expect(judge(idle.told(), 0)).toMatchObject({ outcome: "no-generations", code: "behave.no-calls" });
    expect(judge(new Script().told(), 0)).toMatchObject({ outcome: "could-not-look", code: "behave.not-caught" });
  });

  it("memory does not grow with calls or with generations that never repeat", () => {
    const before = memory();
    const script = new Script();
    script.recorder.known(7, "/sbin/superd", "superd");
    const call = [0, 1, 2, 3].map((n) => script.recorder.call({ kind: "system", name: `call${n}`, library: null }));
    for (let n = 0; n < 100_000; n++) {
      script.recorder.born(n, 7, 100 + n, "superd");
      for (let bits = n, step = 0; step < 17; step++, bits >>>= 1) {
        script.recorder.entered(n, 100 + n, 100 + n, call[bits & 3] as number, 0);
        script.recorder.returned(n, 100 + n, 100 + n, 0);
      }
      script.recorder.ended(n, 100 + n, "superd", 0);
    }
    const grown = memory() - before;
    const [superd] = script.told();
    expect(superd?.generations[0]?.whole).toBe(100_000);
    expect(superd?.calls.reduce((sum, { count }) => sum + count, 0)).toBe(1_700_000);
    expect(grown).toBeLessThan(16e6);
  });

  it("whatever comes in which order: never throws, and loses no process (property)", () => {
    const event = fc.tuple(fc.nat(5), fc.nat(6), fc.nat(6), fc.integer({ min: -5000, max: 300 }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        const recorder = new CallRecorder({ names: new Map([["atd", null]]) });
        const call = recorder.call({ kind: "system", name: "exit", library: null });
        events.forEach(([what, a, b, n], ts) => {
          if (what === 0) recorder.born(ts, a, b, "atd");
          else if (what === 1) recorder.execed(ts, a, "/bin/atd");
          else if (what === 2) recorder.ended(ts, a, "atd", b);
          else if (what === 3) recorder.entered(ts, a, b, call, n);
          else if (what === 4) recorder.returned(ts, a, b, n);
          else recorder.known(a, null, "x");
        });
        for (const program of recorder.finish()) {
          const [generations] = program.generations;
          expect(generations?.whole ?? 0).toBeLessThanOrEqual(program.processes);
        }
      }),
    );
  });
});

function memory(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
