import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Behaviour } from "../../../src/behave/result.ts";
import { behaviourReport } from "../../../src/report/behaviour.ts";
import { displayWidth } from "../../../src/report/text/width.ts";
import type { Safe } from "../../../src/report/text/sanitise.ts";
import { hostile, OBEYED } from "./hostile.ts";

const step = (call: string, more = {}) => ({ call, exitCode: null, error: null, unfinished: false, times: 1, ...more });

function sample(name = "/usr/bin/atd"): Behaviour {
  return {
    schema: "whoforks/behaviour/1",
    tool: { name: "whoforks", version: "0.1.0" },
    host: { hostname: "web1", kernel: "6.1", machine: "x86_64", os: null, cpus: 2, bootedAt: "2026-01-01T00:00:00Z" },
    window: { start: "2026-01-02T00:00:00.000Z", seconds: 1.02 },
    with: ["tracepoints"],
    target: {
      pid: null,
      storm: { id: "storm-1", kind: "self-replicating-chain", perSecond: 4815, benign: false },
      program: { exe: name, comm: "atd", root: "/" },
      abi: { machine: "i386", bits: 32 },
    },
    programs: [
      {
        program: { exe: name, comm: "atd" },
        processes: 4820,
        killed: [{ signal: 11, count: 2 }],
        calls: [
          {
            kind: "system",
            name: "fork",
            library: null,
            count: 4818,
            errors: [{ error: "EAGAIN", count: 3 }],
            seconds: 0.4,
          },
          { kind: "system", name: "exit_group", library: null, count: 4815, errors: [], seconds: null },
          { kind: "library", name, library: "/lib/libc.so.6", count: 7, errors: [], seconds: null },
        ],
        generations: [
          {
            calls: "system",
            whole: 4815,
            repeating: 4812,
            repeatingLoosely: 4813,
            sequence: [step("setsid"), step("fork"), step("exit_group", { exitCode: 0 })],
            cutCalls: 0,
            every: ["fork"],
            variants: [
              { count: 2, calls: 4, at: 1, common: step("fork"), instead: step("fork", { error: "EAGAIN", times: 2 }) },
            ],
            otherVariants: 1,
          },
        ],
      },
    ],
    judgement: {
      outcome: "repeats",
      code: "behave.repeats",
      args: { program: name, whole: 4815, repeating: 4812, calls: 3 },
    },
    sources: [{ kind: "tracefs", events: 14_400, lost: 0, skipped: 0 }],
    couldNotLook: [{ code: "tracefs.no-calls", what: "x", why: name, remedy: null }],
    cost: { cpuSeconds: 0.3, wallSeconds: 2, peakRssBytes: 80e6 },
  };
}

const options = { columns: 90, colour: false, verbose: false, unicode: true };

describe("the report on calls", () => {
  test("says the judgement first, then the sequence and what differs", () => {
    expect(behaviourReport(sample(), { ...options, lang: "en" })).toMatchInlineSnapshot(`
      "REPEATS  4,812 of 4,815 generations of /usr/bin/atd make exactly the same 3 calls

      /usr/bin/atd  4,820 processes
        each     setsid → fork → exit_group(0)
                 4,812 of 4,815 whole lives; 4,813 when a loop of another length is the same
        differs  2×: call 2 is fork:EAGAIN ×2 instead of fork
                 1 more in other ways
                 2 ended by a signal
                 call                      count    time  errors
                 fork                      4,818  400 ms  EAGAIN ×3
                 exit_group                4,815
                 /usr/bin/atd (libc.so.6)      7

        sources  tracefs 14,400 events, none lost · window 1.02 s · own CPU 0.3 s

      COULD NOT LOOK AT
        - x: /usr/bin/atd
      "
    `);
  });

  test("the same in Chinese", () => {
    const text = behaviourReport(sample(), { ...options, lang: "zh-CN" });
    expect(text).toMatch(/^重复 {2}\/usr\/bin\/atd 的 4,815 代中有 4,812 代做了完全相同的 3 次调用\n/);
    expect(text).toContain("setsid → fork → exit_group(0)");
  });

  test.each(["repeats", "does-not-repeat", "no-generations", "no-storm", "could-not-look"] as const)(
    "has a tag for %s",
    (outcome) => {
      const text = behaviourReport(
        { ...sample(), judgement: { ...sample().judgement, outcome } },
        { ...options, lang: "en" },
      );
      expect(text).toMatch(/^[A-Z][A-Z ]+ {2}4,812/);
    },
  );

  test("nothing hostile reaches the terminal, and no line is wider", () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom("en", "zh-CN"), (name, lang) => {
        const text = behaviourReport(sample(name), { ...options, lang, columns: 60 });
        for (const line of text.slice(0, -1).split("\n")) {
          expect(line).not.toMatch(OBEYED);
          expect(displayWidth(line as Safe)).toBeLessThanOrEqual(60);
        }
      }),
      { numRuns: 100 },
    );
  });
});
