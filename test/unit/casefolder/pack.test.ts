import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CaseAccount } from "../../../src/casefolder/case-writer.ts";
import { isPackedName, packCase, unfinishedFolder } from "../../../src/casefolder/pack.ts";
import { isPackedCase } from "../../../src/casefolder/is-packed-case.ts";
import { caseInside, unpackCase } from "../../../src/casefolder/packed.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-pack-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CONTENT: Record<string, Buffer> = {
  "manifest.json": Buffer.from("{}\n"),
  "manifest.sha256": Buffer.from("0".repeat(64)),
  "events.bin": randomBytes(300_001),
  "trace.dat": Buffer.alloc(5 << 20, 7),
  "run.json": Buffer.alloc(0),
  "files/0001": Buffer.from("at:2345:respawn:/usr/bin/atd\n"),
};

/** A place of its own with the parts of a case to be packed. */
function unpacked(name: string): { place: string; path: string; account: CaseAccount } {
  const place = mkdtempSync(join(folder, "place-"));
  const path = join(place, name);
  const from = unfinishedFolder(path);
  mkdirSync(join(from, "files"), { recursive: true, mode: 0o700 });
  for (const [part, content] of Object.entries(CONTENT)) writeFileSync(join(from, part), content);
  return { place, path, account: { path: from, events: { kept: 1, dropped: 0 }, size: 1, problems: [] } };
}

describe("packing a case", () => {
  test("makes one file that only its owner reads, and that unpacks to the same parts; nothing else is left", async () => {
    for (const name of ["web1.tar.gz", "web1.tgz", "files.TGZ", "..tar.gz", `${"長".repeat(70)}.tgz`]) {
      const { place, path, account } = unpacked(name);
      expect(isPackedName(path)).toBe(true);
      const made = await packCase(account, path);
      expect(made).toEqual({ ...account, path, size: statSync(path).size });
      expect(readdirSync(place)).toEqual([name]);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(await isPackedCase(path)).toBe(true);
      const again = await unpackCase(path);
      for (const [part, content] of Object.entries(CONTENT))
        expect(readFileSync(join(caseInside(again), part)).equals(content), part).toBe(true);
      rmSync(again, { recursive: true });
    }
    expect(isPackedName("web1.case")).toBe(false);
  });

  test("tar reads it, the manifest first", async () => {
    const { path, account } = unpacked("web1.tar.gz");
    await packCase(account, path);
    const { stdout, status } = spawnSync("tar", ["-tzf", path], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(0, 2)).toEqual(["web1.case/manifest.json", "web1.case/manifest.sha256"]);
    expect(stdout.trim().split("\n")).toHaveLength(Object.keys(CONTENT).length);
  });

  test("never replaces what took the name meanwhile: the case stays a folder, and that is said", async () => {
    const { place, path, account } = unpacked("web1.tar.gz");
    writeFileSync(path, "mine");
    const made = await packCase(account, path);
    expect(made.path).toBe(join(place, "web1.case"));
    expect(made.notPacked).toMatchObject({ path, why: expect.stringContaining("EEXIST") });
    expect(readFileSync(path, "utf8")).toBe("mine");
    for (const [part, content] of Object.entries(CONTENT))
      expect(readFileSync(join(made.path, part)).equals(content), part).toBe(true);
    expect(readdirSync(made.path)).not.toContain("packed");
  });

  test("follows no link that lies among the parts", async () => {
    const { path, account } = unpacked("web1.tar.gz");
    rmSync(join(account.path, "run.json"));
    symlinkSync("/etc/passwd", join(account.path, "run.json"));
    const made = await packCase(account, path);
    expect(made.notPacked?.why).toContain("ELOOP");
    expect(readdirSync(join(path, "..")).includes("web1.tar.gz")).toBe(false);
  });
});
