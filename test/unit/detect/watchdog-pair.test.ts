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

  /** Two scripts of one interpreter, each executed with its arguments, or with none that anybody saw. */
  const scripts =
    (names: readonly [string, string], known = true) =>
    (s: Stream): void => {
      const start = (by: number, name: string): number =>
        s.exec(s.fork(by), "/usr/bin/dash", known ? ["sh", "-e", name] : null);
      let guardian = start(1, names[0]);
      let partner = start(guardian, names[1]);
      for (let i = 0; i < 40; i++) {
        s.wait(50_000).exit(guardian, null, 9);
        guardian = partner;
        partner = start(s.wait(500) && guardian, names[i % 2] as string);
      }
    };

  it("is two scripts of one shell, told by their own names", () => {
    const detection = look(scripts(["/opt/keeper.sh", "/opt/helper.sh"]));
    expect(kinds(detection)).toEqual(["watchdog-pair"]);
    const { first, second } = detection.findings[0]?.facts ?? {};
    expect(new Set([first, second])).toEqual(new Set(["helper.sh", "keeper.sh"]));
  });

  it("is not one script that starts itself again, nor two of which nobody knows the arguments", () => {
    expect(kinds(look(scripts(["/opt/keeper.sh", "/opt/keeper.sh"])))).not.toContain("watchdog-pair");
    expect(kinds(look(scripts(["/opt/keeper.sh", "/opt/helper.sh"], false)))).not.toContain("watchdog-pair");
  });
});
