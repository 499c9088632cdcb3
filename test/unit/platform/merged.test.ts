import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { originOf } from "../../../src/origin/index.ts";
import { mergedDirectories, namesOf, realName } from "../../../src/platform/merged.ts";
import { openRoot } from "../../../src/platform/root.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-merged-"));
  for (const folder of ["usr/bin", "usr/lib/at", "run", "var/log"]) mkdirSync(join(dir, folder), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));
const link = (target: string, at: string): void => symlinkSync(target, join(dir, at));

test("merged directories are found inside the root, and every name of a path by them", () => {
  link("usr/bin", "bin");
  // Absolute, as some have it: inside the root.
  link("/usr/bin", "sbin");
  link("bin", "usr/sbin");
  link("usr/lib", "lib");
  link("../run", "var/run");
  link("lib64", "lib64");
  writeFileSync(join(dir, "usr/file"), "");
  link("usr/file", "lib32");
  const merged = mergedDirectories(openRoot(dir));
  expect(merged).toEqual([
    ["/bin", "/usr/bin"],
    ["/sbin", "/usr/bin"],
    ["/lib", "/usr/lib"],
    ["/usr/sbin", "/usr/bin"],
    ["/var/run", "/run"],
  ]);
  const names = ["/bin/atd", "/sbin/atd", "/usr/bin/atd", "/usr/sbin/atd"];
  for (const name of names) {
    expect([namesOf(name, merged)[0], namesOf(name, merged).toSorted()]).toEqual([name, names]);
    expect(realName(name, merged)).toBe("/usr/bin/atd");
  }
  expect(namesOf("/usr/lib/at/x", merged)).toEqual(["/usr/lib/at/x", "/lib/at/x"]);
  expect(namesOf("/binary", merged)).toEqual(["/binary"]);
});

test("where nothing is merged each name is a file of its own", () => {
  for (const folder of ["bin", "sbin", "usr/sbin"]) mkdirSync(join(dir, folder));
  const merged = mergedDirectories(openRoot(dir));
  expect(merged).toEqual([]);
  expect(namesOf("/bin/atd", merged)).toEqual(["/bin/atd"]);
});

test("a log that names a file by its other name tells of it, however deep it lies", async () => {
  link("usr/lib", "lib");
  writeFileSync(join(dir, "usr/lib/at/helper"), "x");
  const line =
    "Nov 29 10:00:00 h sudo:     eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/cp x /lib/at/helper\n";
  writeFileSync(join(dir, "var/log/auth.log"), line);
  const asked = {
    version: "0",
    around: 600,
    live: false,
    histories: false,
    now: Date.now(),
    progress: () => undefined,
  };
  const of = async (path: string): Promise<unknown[]> => {
    const { events } = await originOf({ ...asked, root: openRoot(dir), path });
    return events.filter(({ source }) => source === "auth-log").map(({ code, relation }) => [code, relation]);
  };
  const events = await of("/usr/lib/at/helper");
  expect(events).toEqual([[expect.any(String), "file"]]);
  expect(await of("/lib/at/helper")).toEqual(events);
});
