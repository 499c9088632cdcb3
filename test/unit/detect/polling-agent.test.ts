import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** An agent that starts `programs` every `period` microseconds; each lives for `life`. */
const agent =
  (programs: readonly string[], period: number, life: number, rounds: number) =>
  (s: Stream): void => {
    const pid = s.exec(s.fork(1), "/usr/sbin/agent");
    const ends: { at: number; pid: number }[] = [];
    const until = (ts: number): void => {
      while (ends[0] !== undefined && ends[0].at <= ts) {
        const end = ends.shift() as { at: number; pid: number };
        s.ts = Math.max(s.ts, end.at);
        s.exit(end.pid);
      }
      s.ts = ts;
    };
    for (let round = 0; round < rounds; round++) {
      until((round + 1) * period * 1000);
      for (const program of programs) {
        const child = s.exec(s.wait(20).fork(pid), program);
        ends.push({ at: s.ts + life * 1000, pid: child });
      }
    }
  };
const THREE = ["/usr/bin/df", "/usr/bin/ss", "/usr/bin/lsof"];

describe("a polling agent", () => {
  it("starts several helpers by the clock", () => {
    const detection = look(agent(THREE, 100_000, 4000, 50));
    expect(kinds(detection)).toEqual(["polling-agent"]);
    const [finding] = detection.findings;
    expect(finding).toMatchObject({ confidence: "high", starts: 150, facts: { overlapping: null } });
    expect(finding?.facts["periodMs"]).toBeGreaterThan(95);
    expect(finding?.facts["periodMs"]).toBeLessThan(105);
    expect(finding?.facts["programs"]).toEqual(expect.arrayContaining(THREE));
  });

  it("whose runs take longer than the interval piles them up", () => {
    const detection = look(agent(["/usr/bin/lsof"], 200_000, 3_000_000, 40));
    expect(kinds(detection)).toEqual(["polling-agent"]);
    expect(detection.findings[0]?.facts["overlapping"]).toBeGreaterThan(12);
  });

  it("several shells at each tick are one pace, with all that they call", () => {
    const detection = look((s) => {
      const pid = s.exec(s.fork(1), "/usr/sbin/agent");
      for (let round = 0; round < 40; round++) {
        s.ts = (round + 1) * 200e6;
        for (let n = 0; n < 3; n++) {
          const sh = s.exec(s.wait(100).fork(pid), "/bin/sh");
          s.run(sh, "/usr/bin/awk", 2000);
          s.run(sh, "/usr/bin/cut", 2000);
          s.exit(sh);
        }
      }
    });
    expect(kinds(detection)).toEqual(["polling-agent"]);
    expect(detection.findings[0]?.starts).toBe(360);
  });

  it("within reason is nothing", () => {
    expect(kinds(look(agent([...THREE, "/usr/bin/ps"], 1e6, 4000, 20)))).toEqual([]);
  });

  it("is not a supervisor that brings one program back", () => {
    const detection = look((s) => {
      const superd = s.exec(s.fork(1), "/usr/sbin/superd");
      for (let i = 0; i < 60; i++) s.wait(100_000).run(superd, "/usr/bin/worker", 1000);
    });
    expect(kinds(detection)).toEqual(["respawn-loop"]);
  });

  it("is not a daemon that works without a pause, nor one that traffic drives", () => {
    const random = (s: Stream): void => {
      const pid = s.exec(s.fork(1), "/opt/daemon");
      let seed = 7;
      for (let i = 0; i < 400; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        s.wait(Math.round(-Math.log((seed + 1) / 0x80000001) * 15_000));
        s.run(pid, `/opt/tool${i % 3}`, 300);
      }
    };
    expect(kinds(look(random))).toEqual(["unclassified"]);
  });
});
