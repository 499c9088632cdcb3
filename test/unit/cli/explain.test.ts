import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { kindOf, pageOf } from "../../../src/cli/explain.ts";
import { DETECTORS } from "../../../src/detect/index.ts";
import { STORM_KINDS } from "../../../src/diagnosis/result.ts";
import { isToldByFacts } from "../../../src/diagnosis/kind-words.ts";
import { hasMessage } from "../../../src/report/text/catalogue/index.ts";

const bin = new URL("../../../bin/whoforks", import.meta.url).pathname;

function explain(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, "explain", ...args], { encoding: "utf8", env: { LANG: "C.UTF-8" } });
}

describe("every kind of storm", () => {
  test("has a detector", () => {
    expect(DETECTORS.map(({ kind }) => kind).sort()).toEqual([...STORM_KINDS].sort());
  });

  test.each(STORM_KINDS)("%s has a page in both languages, with the same parts", (kind) => {
    const english = pageOf(kind, "en");
    const chinese = pageOf(kind, "zh-CN");
    expect(english.startsWith(`# ${kind}\n`)).toBe(true);
    expect(chinese.startsWith(`# ${kind}：`)).toBe(true);
    const parts = (page: string): number => [...page.matchAll(/^## /gm)].length;
    expect(parts(english)).toBe(4);
    expect(parts(chinese)).toBe(4);
    expect(chinese).not.toMatch(/\p{Script=Han}[,;:?!]|[,;:?!]\p{Script=Han}/u);
  });

  test.each(STORM_KINDS.filter(isToldByFacts))("%s has its three sentences", (kind) => {
    for (const of of ["verdict", "chain", "advice"]) expect(hasMessage(`${of}.${kind}`), of).toBe(true);
  });

  test("no page is about something else", () => {
    for (const folder of ["docs/findings", "docs/findings/zh-CN"]) {
      const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
      expect(pages.sort()).toEqual(STORM_KINDS.map((kind) => `${kind}.md`).sort());
    }
  });

  test("the scenarios that pages name exist", async () => {
    const { scenarios } = await import("../../../lab/lab.mjs");
    for (const kind of STORM_KINDS)
      for (const [, name] of pageOf(kind, "en").matchAll(/node lab\/run\.mjs ([a-z0-9-]+)/g))
        expect(scenarios.has(name as string), `${kind}: ${name}`).toBe(true);
  });
});

describe("explain", () => {
  it("finds the kind that a code is about", () => {
    expect(kindOf("crash-loop")).toBe("crash-loop");
    expect(kindOf("verdict.self-replicating-chain.impostor")).toBe("self-replicating-chain");
    expect(kindOf("advice.zombie-accumulation")).toBe("zombie-accumulation");
    expect(kindOf("advice.reboot")).toBe(null);
    expect(kindOf("crash-loops")).toBe(null);
  });

  it("prints the page, in the language asked for, and ends with 0", () => {
    expect(existsSync("dist/main.js")).toBe(true);
    const english = explain("zombie-accumulation");
    expect(english.status).toBe(0);
    expect(english.stdout).toContain("# zombie-accumulation\n");
    expect(english.stdout).toContain("waitpid(-1, …, WNOHANG)");
    expect(english.stdout).not.toContain("```");
    // Everything that the page says, whatever the lines.
    const words = (text: string): string => text.replace(/[`\s]+/g, "");
    expect(words(english.stdout)).toBe(words(readFileSync("docs/findings/zombie-accumulation.md", "utf8")));
    expect(explain("kind.zombie-accumulation", "--lang", "zh-CN").stdout).toContain("僵尸进程堆积");
  });

  it("lists the kinds, gives the sentence of another code, and refuses what is none", () => {
    const list = explain();
    expect(list.stdout.trim().split("\n")).toHaveLength(STORM_KINDS.length);
    expect(explain("advice.reboot").stdout).toContain("reboot: ");
    const unknown = explain("no-such\u001bthing");
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).not.toContain("\u001b");
    expect(unknown.stderr).not.toContain(" at ");
  });
});
