import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { ALL, kinds, look } from "./looks.ts";

/** Two programs that guard each other; whichever started the other dies first. */
const pair =
  (times: number) =>
  (s: Stream): void => {
    let guardian = s.exec(s.fork(1), "/usr/bin/keeper");
    let partner = s.exec(s.fork(guardian), "/usr/bin/helper");
    for (let i = 0; i < times; i++) {
      s.wait(50_000).exit(guardian, null, 9);
      guardian = partner;
      partner = s.exec(s.wait(500).fork(guardian), i % 2 === 0 ? "/usr/bin/keeper" : "/usr/bin/helper");
    }
  };

describe("a watchdog pair", () => {
  it("is two programs that start each other, each outliving its starter", () => {
    const detection = look(pair(40));
    expect(kinds(detection)).toEqual(["watchdog-pair"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", starts: 41, spawner: null });
    const { first, second } = detection.findings[0]?.facts ?? {};
    expect(new Set([first, second])).toEqual(new Set(["helper", "keeper"]));
  });

  it("is named at any rate, but not for an accident", () => {
    expect(kinds(look(pair(8)))).toEqual(["watchdog-pair"]);
    expect(kinds(look(pair(2)))).toEqual([]);
  });

  it("is not make and its shells, which call each other and wait", () => {
    const recursion = (s: Stream): void => {
      for (let i = 0; i < 20; i++) {
        const make = s.exec(s.fork(1), "/usr/bin/make");
        const sh = s.exec(s.wait(100).fork(make), "/bin/sh");
        const inner = s.exec(s.wait(100).fork(sh), "/usr/bin/make");
        const last = s.exec(s.wait(100).fork(inner), "/bin/sh");
        for (const pid of [last, inner, sh, make]) s.wait(100).exit(pid);
      }
    };
    expect(kinds(look(recursion))).not.toContain("watchdog-pair");
  });

  it("is not claimed where ends are not recorded", () => {
    expect(kinds(look(pair(40), { ...ALL, lifetimes: false }))).not.toContain("watchdog-pair");
  });
});
