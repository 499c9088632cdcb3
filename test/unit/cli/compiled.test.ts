import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const LOG = "test/fixtures/audit/storm-by-32-bit-and-more.log";
let dir: string;
let compiled: string;
beforeAll(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "whoforks-compiled-"));
  for (const part of ["bin", "dist", "package.json"]) fs.cpSync(part, join(dir, part), { recursive: true });
  const found = fs.readdirSync(join(dir, "dist")).filter((name) => name.startsWith("diagnose.cjs."));
  expect(found).toHaveLength(1);
  compiled = join(dir, "dist", found[0] as string);
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

/** What `diagnose` of that copy answers, without what it cost. */
function answer(...flags: string[]): { status: number | null; stderr: string; result: unknown } {
  const args = [join(dir, "bin/whoforks"), "diagnose", "-q", "--json", "--from", LOG, ...flags];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const result: Record<string, unknown> = stdout === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>);
  delete result["cost"];
  return { status, stderr, result };
}

test("diagnose starts from its compiled script alone, and says the same without it, or when it is damaged", () => {
  const whole = fs.readFileSync(compiled);
  fs.rmSync(compiled);
  const byModules = answer();
  expect(byModules).toMatchObject({ status: 0, stderr: "" });
  for (const place of [2, 40, Math.floor(whole.length / 2), whole.length - 100]) {
    const damaged = Buffer.from(whole);
    damaged[place] = (damaged[place] as number) ^ 0x55;
    fs.writeFileSync(compiled, damaged);
    expect(answer()).toEqual(byModules);
  }
  for (const length of [0, 3, 100_000]) {
    fs.writeFileSync(compiled, whole.subarray(0, length));
    expect(answer()).toEqual(byModules);
  }
  fs.writeFileSync(compiled, whole);
  // Without its modules there is nothing but the script to start from.
  const dist = join(dir, "dist");
  for (const name of fs.readdirSync(dist)) if (name.startsWith("program-")) fs.rmSync(join(dist, name));
  expect(answer()).toEqual(byModules);
  fs.rmSync(compiled);
  expect(answer().stderr).toContain("ERR_MODULE_NOT_FOUND");
});

test("its wrong usage is told as ever", () => {
  const bin = (...args: string[]) => spawnSync(process.execPath, ["bin/whoforks", ...args], { encoding: "utf8" });
  const wrong = bin("diagnose", "--form", LOG);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain("--from");
  expect(bin("diagnose", "--help").stdout).toContain("Exit codes: 0 nothing wrong");
  const unread = bin("diagnose", "--from", "/nowhere");
  expect(unread.status).toBe(2);
  expect(unread.stderr).toMatch(/^whoforks: nothing to diagnose/);
});
