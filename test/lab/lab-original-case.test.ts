import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, expect, test } from "vitest";
import { makeOriginalCaseLog } from "../../lab/make-original-case-log.mjs";
import { makeOriginalCaseRoot } from "../../lab/make-original-case-root.mjs";
import { needsProgram } from "./needs.ts";
import { output } from "./traces.ts";

const folder = mkdtempSync(`${tmpdir()}/whoforks-original-case-`);
afterAll(() => rmSync(folder, { recursive: true }));

test("the log holds what it says, and the same options give the same bytes", () => {
  const truth = makeOriginalCaseLog({ output: `${folder}/a.log`, generations: 4000, pidMax: 3000 });
  makeOriginalCaseLog({ output: `${folder}/b.log`, generations: 4000, pidMax: 3000 });
  const text = readFileSync(`${folder}/a.log`, "latin1");
  const lines = text.split("\n").slice(0, -1);
  const forks = lines.filter((line) => line.includes("arch=40000003 syscall=2 "));
  expect(readFileSync(`${folder}/b.log`, "latin1")).toBe(text);
  expect(lines).toHaveLength(truth.lines);
  expect(forks).toHaveLength(4000);
  expect(lines.filter((line) => line.includes("arch=c000003e syscall=2 "))).toHaveLength(truth.opens);
  expect(truth.wraps).toBeGreaterThanOrEqual(1);
  expect(truth.opens).toBeGreaterThan(0);
  // Each child is the next to fork, and most of them are init's by then.
  const chain = forks.map((line) => ({
    pid: field(line, "pid"),
    ppid: field(line, "ppid"),
    child: field(line, "exit"),
  }));
  for (const [index, { child }] of chain.slice(0, -1).entries()) expect(chain[index + 1]?.pid).toBe(child);
  expect(chain.filter(({ ppid }) => ppid === 1).length).toBeGreaterThan(3500);
});

test("the field's own tools read the log", (context) => {
  needsProgram(context, "/sbin/ausearch");
  const { forks } = makeOriginalCaseLog({ output: `${folder}/c.log`, generations: 500 });
  const interpreted = output("ausearch", ["-if", `${folder}/c.log`, "-i", "-x", "/usr/bin/atd"]);
  expect(interpreted.match(/arch=i386 syscall=fork success=yes/g)).toHaveLength(forks);
});

test("dpkg reads the root: at owns /usr/sbin/atd, nobody the other, and every file is as shipped", (context) => {
  needsProgram(context, "/usr/bin/dpkg");
  needsProgram(context, "/usr/bin/gcc");
  const root = `${folder}/root`;
  const facts = makeOriginalCaseRoot(root);
  const owner = (path: string) => output("dpkg-query", ["--root", root, "-S", path]).trim();
  expect(owner(facts.genuine)).toBe("at: /usr/sbin/atd");
  expect(owner(facts.impostor)).toBe("");
  expect(output("dpkg", ["--root", root, "--verify"])).toBe("");
  expect(output("dpkg", ["--root", root, "--audit"])).toBe("");
  expect(looks(root + facts.impostor)).toEqual({ size: 2_443_616, mode: "711", day: "2017-02-20" });
  expect(looks(root + facts.genuine)).toEqual({ size: 22_544, mode: "755", day: "2013-10-21" });
  expect(readFileSync(root + facts.job, "utf8")).toMatch(/^respawn$[\s\S]*^exec atd$/m);
  const headers = (path: string) => output("readelf", ["-hld", root + path]);
  expect(headers(facts.impostor)).toMatch(/ELF32[\s\S]*There is no dynamic section/);
  expect(headers(facts.genuine)).toMatch(/ELF64[\s\S]*Shared library: \[libc\.so\.6\]/);
  expect(() => makeOriginalCaseRoot(root)).toThrow("not empty");
});

function field(line: string, name: string): number {
  return Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1]);
}

function looks(path: string): { size: number; mode: string; day: string } {
  const { size, mode, mtime } = statSync(path);
  return { size, mode: (mode & 0o7777).toString(8), day: mtime.toISOString().slice(0, 10) };
}
