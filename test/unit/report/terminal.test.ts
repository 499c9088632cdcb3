import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import type { Diagnosis } from "../../../src/diagnosis/result.ts";
import { terminalReport, type TerminalOptions } from "../../../src/report/terminal.ts";
import { LANGUAGES } from "../../../src/report/text/language.ts";
import { hostile, OBEYED } from "./hostile.ts";
import { build, caseFromLog, healthy, inconclusive, samples, theCase } from "./samples/index.ts";

const PLAIN: TerminalOptions = { columns: 100, colour: false, lang: "en", verbose: false, unicode: true };
const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

describe.each(LANGUAGES)("the screen in %s", (lang) => {
  test.each(Object.keys(samples))("of %s", async (name) => {
    const sample = samples[name] as Diagnosis;
    const screen = terminalReport(sample, { ...PLAIN, lang });
    await expect(screen).toMatchFileSnapshot(`../../fixtures/report/${name}.${lang}.txt`);
    const verbose = terminalReport(sample, { ...PLAIN, lang, verbose: true });
    await expect(verbose).toMatchFileSnapshot(`../../fixtures/report/${name}.verbose.${lang}.txt`);
  });

  test.each(Object.keys(samples))("of %s fits on one screen of 24 lines", (name) => {
    expect(linesOf(terminalReport(samples[name] as Diagnosis, { ...PLAIN, lang })).length).toBeLessThanOrEqual(24);
  });
});

describe("the screen of the case", () => {
  const screen = terminalReport(theCase, PLAIN);

  test("has the cause in its first line and the advice in its last", () => {
    const lines = linesOf(screen);
    expect(lines[0]).toMatch(
      /^STORM {2}\/usr\/bin\/atd replaces itself 11,200 times a second \(self-replicating chain\)/,
    );
    expect(lines.at(-1)).toMatch(/6\. reinstall the host/);
  });

  test("says each thing that the investigation had to find", () => {
    const flat = screen.replace(/\s+/g, " ");
    expect(flat).toContain("init (pid 1) → /usr/bin/atd → /usr/bin/atd → …");
    expect(flat).toContain("it only reaps them, which takes 31% of a CPU");
    expect(flat).toContain("respawn in /etc/init/atd.conf:12");
    expect(flat).toContain("forbids that rate: the chain makes the storm, not the respawn");
    expect(flat).toContain("/usr/bin/atd before /usr/sbin/atd");
    expect(flat).toContain("IMPOSTOR: no package owns /usr/bin/atd");
    expect(flat).toMatch(/this .*2,443,616 B -rwx--x--x 2017-02-20 .*genuine .*22,544 B -rwxr-xr-x 2013-10-21/);
    expect(flat).toContain("90,412 events, none lost");
    expect(flat).toContain(
      "1.84 of 2 CPUs busy; 96% of that explained (living 20%, the storm's dead 75%, kernel threads 1.6%), 3.8% not",
    );
    expect(flat).toContain("user/system split unreliable");
    expect(flat).not.toContain("% system");
  });

  test("with -v the sources stand beside each other, and the holes by name", () => {
    const verbose = terminalReport(theCase, { ...PLAIN, verbose: true }).replace(/\s+/g, " ");
    expect(verbose).toContain("1.37 CPUs its cgroup /atd");
    expect(verbose).toContain("1.39 CPUs context switches, recorded for 1.72 s");
    expect(verbose).toContain("1.36 CPUs charged to PID 1 for all that it reaped");
    expect(verbose).toContain("double fork: PID 1 or a subreaper is charged");
  });

  test("names the undo commands, at the latest with -v", () => {
    expect(screen).toContain("undo: -v");
    expect(terminalReport(theCase, { ...PLAIN, verbose: true })).toContain(
      "undo: mv -n -- /usr/bin/atd.quarantined /usr/bin/atd",
    );
  });
});

describe("other answers", () => {
  test("a quiet host gets four lines", () => {
    expect(linesOf(terminalReport(healthy, PLAIN))).toHaveLength(4);
  });

  test("what was not seen is not called none", () => {
    const screen = terminalReport(inconclusive, PLAIN);
    expect(screen).not.toContain("0 execs");
    expect(screen).toContain(
      "COULD NOT LOOK AT\n  - kernel events: /sys/kernel/tracing is closed to uid 1000 (EACCES) → sudo whoforks diagnose",
    );
  });

  test("a warning sign stands for lost data only", () => {
    for (const sample of Object.values(samples)) {
      const lost = sample.sources.some((source) => (source.lost ?? 0) > 0);
      expect(terminalReport(sample, { ...PLAIN, verbose: true }).includes("⚠")).toBe(lost);
    }
    expect(terminalReport(caseFromLog, PLAIN)).toContain("⚠ 118 LOST");
  });

  test("a gap that the catalogue does not know is told in its own words", () => {
    const gap = { code: "moon.phase", what: "the moon", why: "it is day", remedy: null };
    expect(terminalReport({ ...healthy, couldNotLook: [gap] }, PLAIN)).toContain("  - the moon: it is day");
  });

  test("a terminal of ASCII gets ASCII in English", () => {
    const named = { ...build, host: { ...build.host, hostname: "主机" } };
    for (const sample of [...Object.values(samples), named]) {
      expect(terminalReport(sample, { ...PLAIN, verbose: true, unicode: false })).toMatch(/^[\x20-\x7e\n]*$/);
    }
  });

  test("colour repeats what the words say", () => {
    for (const sample of Object.values(samples)) {
      const coloured = terminalReport(sample, { ...PLAIN, verbose: true, colour: true });
      expect(coloured).toMatch(/\u001b\[\d+m/);
      expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(terminalReport(sample, { ...PLAIN, verbose: true }));
    }
  });
});

/** Keys whose values are words of ours, by which the report decides what to draw. */
const OURS = new Set([
  "schema",
  "outcome",
  "confidence",
  "safety",
  "weighs",
  "weight",
  "verdict",
  "id",
  "storm",
  "start",
]);

/** The sample with every text of the examined host, and every second code, replaced. */
function poisoned(sample: Diagnosis, texts: readonly string[]): Diagnosis {
  let at = 0;
  const next = (): string => texts[at++ % texts.length] as string;
  const change = (value: unknown, key: string, parent: string): unknown => {
    if (typeof value === "string") {
      if (OURS.has(key) || (key === "kind" && parent === "storms")) return value;
      return key === "code" && at++ % 2 === 0 ? value : next();
    }
    if (Array.isArray(value)) return value.map((item) => change(item, key, parent));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner, name, key)]));
  };
  return change(sample, "", "") as Diagnosis;
}

describe("with hostile text everywhere", () => {
  const options = fc.record({
    columns: fc.integer({ min: 60, max: 200 }),
    colour: fc.boolean(),
    lang: fc.constantFrom(...LANGUAGES),
    verbose: fc.boolean(),
    unicode: fc.boolean(),
  });
  const long = fc.array(hostile, { minLength: 1, maxLength: 40 }).map((parts) => parts.join(""));
  const names = fc.array(fc.oneof(hostile, long, fc.constant("/usr/bin/atd")), { minLength: 1, maxLength: 30 });

  test("no line is wider than the terminal, nothing is obeyed, and the report's own codes are all there is", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(samples)), names, options, (sample, texts, chosen) => {
        const report = terminalReport(poisoned(sample, texts), chosen);
        const text = chosen.colour ? report.replace(/\u001b\[(?:1|2|22|31|32|33|36|39)m/g, "") : report;
        for (const one of linesOf(text)) {
          expect(one).not.toMatch(OBEYED);
          expect(stringWidth(one)).toBeLessThanOrEqual(chosen.columns);
        }
        if (!chosen.unicode && chosen.lang === "en") expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      }),
      { numRuns: 300 },
    );
  });

  test("a name of 4,096 bytes does not push the verdict off the screen", () => {
    const long = `/tmp/${"\u202ex".repeat(2000)}/atd`;
    const changed = poisoned(theCase, [long]);
    const named = { ...changed, verdict: { ...changed.verdict, code: theCase.verdict.code } };
    const report = terminalReport(named, { ...PLAIN, columns: 80 });
    expect(linesOf(report).length).toBeLessThan(120);
    expect(report).toMatch(/\(a command of [\d,]+ bytes: --json has it\)/);
    expect(report.slice(0, 400)).toContain("confidence: high");
  });
});

describe.each(LANGUAGES)("the width in %s", (lang) => {
  test.each(Object.keys(samples))("of %s is kept at every width of terminal", (name) => {
    for (let columns = 60; columns <= 200; columns++) {
      for (const verbose of columns % 5 === 0 ? [false, true] : [false]) {
        const report = terminalReport(samples[name] as Diagnosis, { ...PLAIN, lang, columns, verbose });
        for (const one of linesOf(report)) expect(stringWidth(one)).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe("the commands of a storm", () => {
  const shellLoop = samples["shell-loop"] as Diagnosis;
  const withCommands = (commands: NonNullable<Diagnosis["storms"][number]["commands"]>): Diagnosis => ({
    ...shellLoop,
    storms: shellLoop.storms.map((storm) => ({ ...storm, commands, failedExecs: storm.processes * 8, failedForks: 3 })),
  });

  test("stand on a line each, the three commonest, cut to the line, and say when they are not whole", () => {
    const commands = [
      { argv: ["sh", "-c", "echo 'two words'"], count: 500, cut: false },
      { argv: ["date", "+%s", "x".repeat(500)], count: 40, cut: true },
      { argv: ["true", ""], count: 3, cut: false },
      { argv: ["fourth"], count: 1, cut: false },
    ];
    const screen = terminalReport(withCommands(commands), PLAIN);
    const lines = linesOf(screen);
    const first = lines.findIndex((text) => text.startsWith("  commands 500× sh -c "));
    expect(first).toBeGreaterThan(0);
    expect(lines[first + 1]).toMatch(/^ {11}40× date \+%s x+…x+ …$/);
    expect(lines[first + 2]).toBe("           3× true ''");
    expect(screen).not.toContain("fourth");
    const flat = screen.replace(/\s+/g, " ");
    expect(flat).toContain("execs failed, 8 for each process");
    expect(flat).toContain("3 forks failed, as they do at a limit on processes");
  });

  test("cannot command the terminal, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { maxLength: 6 }),
        fc.boolean(),
        fc.integer({ min: 60, max: 120 }),
        (argv, cut, columns) => {
          const screen = terminalReport(withCommands([{ argv, count: 7, cut }]), { ...PLAIN, columns });
          expect(screen.replaceAll("\n", "")).not.toMatch(OBEYED);
          for (const text of linesOf(screen)) expect(stringWidth(text)).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 100 },
    );
  });
});
