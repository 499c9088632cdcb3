import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import { SqliteFile } from "../../src/platform/sqlite/database.ts";
import { fileSource } from "../../src/platform/file-source.ts";
import { openRoot } from "../../src/platform/root.ts";
import { codes, isRoot, need } from "./identity-made-root.ts";
import { ndbOf, rpmRoot, RPM_TOOLS, type RpmRoot } from "./identity-rpm-root.ts";

beforeEach((context) =>
  need(context, isRoot && RPM_TOOLS.every((file) => fs.existsSync(file)), "root, rpm and rpmbuild"),
);
const roots: RpmRoot[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) root.remove();
});
function made(...args: Parameters<typeof rpmRoot>): RpmRoot {
  const root = rpmRoot(...args);
  roots.push(root);
  return root;
}

/** Rows of the table of headers as an SQLite file has them. */
function headersOf(file: string): Buffer[] {
  const fd = fs.openSync(file, "r");
  try {
    const read = fileSource(fd);
    const sqlite = SqliteFile.open((offset, length) => Buffer.from(read(offset, length)), null);
    const page = sqlite?.rootOf("Packages") ?? 0;
    return [...(sqlite?.rows(page) ?? [])].map(([, blob]) => blob as Buffer);
  } finally {
    fs.closeSync(fd);
  }
}

/** `name epoch:version-release` of every package, as rpm lists them. */
function listed(root: RpmRoot): string[] {
  return root.rpm("-qa", "--qf", "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n").trim().split("\n").sort();
}

/** Every path that rpm knows, and its owner: `rpm -qa` with the files of each. */
function files(root: RpmRoot): [string, string][] {
  return root
    .rpm("-qa", "--qf", "[%{=NAME} %{FILENAMES}\\n]")
    .trim()
    .split("\n")
    .map((line) => line.split(" ") as [string, string])
    .map(([name, path]) => [path, name]);
}

test("owners are those of rpm, verdicts those of rpm --verify", { timeout: 120_000 }, () => {
  const root = made(false);
  const who = examiner(openRoot(root.dir));
  expect([who.manager, who.packages]).toEqual(["rpm", listed(root).length]);
  expect(who.ledger).toMatchObject({ skipped: 0 });
  const all = files(root);
  expect(all.length).toBeGreaterThan(440);
  for (const [path, owner] of all) expect([path, who.ownerOf(path)?.package]).toEqual([path, owner]);
  expect(who.ownerOf("/usr/sbin/atd")?.version).toBe("2:3.2.5-1");
  fs.writeFileSync(root.host("/usr/sbin/atrun"), "changed");
  fs.writeFileSync(root.host("/usr/share/many/7"), "changed");
  fs.writeFileSync(root.host("/etc/at.conf"), "edited");
  fs.writeFileSync(root.host("/usr/bin/atd"), "impostor", { mode: 0o755 });
  const complaints = new Set(
    [...root.rpm("-Va", "--nodeps").matchAll(/^..5\S*\s+(?:c\s+)?(\/.*)$/gm)].map(([, path]) => path),
  );
  for (const path of [
    "/usr/sbin/atd",
    "/usr/sbin/atrun",
    "/usr/share/many/7",
    "/usr/share/many/8",
    "/usr/bin/extra3",
  ]) {
    expect([path, who.identify(path).verdict]).toEqual([path, complaints.has(path) ? "modified" : "genuine"]);
    expect([path, who.asShipped(path) !== null]).toEqual([path, !complaints.has(path)]);
  }
  expect(complaints).toEqual(new Set(["/etc/at.conf", "/usr/sbin/atrun", "/usr/share/many/7"]));
  expect(codes(who.identify("/etc/at.conf").reasons)["identity.conffile-edited"]).toBe("weak");
  expect(who.identify("/usr/sbin/atlink")).toMatchObject({ verdict: "genuine", owner: { package: "at" } });
  // As /usr/bin/dnf is a link to dnf-3 or dnf5.
  expect(who.asShipped("/usr/sbin/atlink")?.package).toBe("at");
  expect(who.identify("/var/log/at.log").verdict).toBe("deleted");
  expect(who.identify("/usr/bin/atd")).toMatchObject({
    verdict: "impostor",
    claims: { package: "at", path: "/usr/sbin/atd" },
  });
});

test("a merged /usr/sbin: the program has one owner under all of its names", { timeout: 120_000 }, () => {
  const root = made(true, 3, 2);
  const who = examiner(openRoot(root.dir));
  for (const path of ["/usr/sbin/atd", "/usr/bin/atd", "/sbin/atd", "/bin/atd"]) {
    // rpm itself knows the names that the package has for it, and only those.
    expect(root.rpm("-qf", "--qf", "%{NAME}", path)).toBe(path.includes("sbin") ? "at" : "");
    expect(who.identify(path)).toMatchObject({ verdict: "genuine", owner: { package: "at" }, twins: [] });
  }
});

test("a directory that is mounted at a second place is the same directory", { timeout: 120_000 }, (context) => {
  const root = made(false, 3, 2);
  fs.mkdirSync(root.host("/usr/libexec"));
  try {
    execFileSync("mount", ["--bind", root.host("/usr/sbin"), root.host("/usr/libexec")], { stdio: "pipe" });
  } catch {
    need(context, false, "the right to mount");
  }
  try {
    expect(examiner(openRoot(root.dir)).identify("/usr/libexec/atd")).toMatchObject({
      verdict: "genuine",
      owner: { package: "at" },
    });
  } finally {
    execFileSync("umount", [root.host("/usr/libexec")]);
  }
});

test("an old Berkeley database gives what rpm itself reads from it", { timeout: 120_000 }, (context) => {
  need(context, fs.existsSync("/usr/bin/db5.3_load"), "db5.3_load");
  const root = made(false, 400, 20);
  const before = listed(root);
  const headers = headersOf(root.host(root.database));
  const word = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString("hex");
  const dump = [
    "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END",
    ` ${word(0)}\n ${word(headers.length)}`,
    ...headers.map((blob, index) => ` ${word(index + 1)}\n ${blob.toString("hex")}`),
    "DATA=END\n",
  ].join("\n");
  for (const name of fs.readdirSync(root.host("/var/lib/rpm"))) fs.rmSync(root.host(`/var/lib/rpm/${name}`));
  execFileSync("db5.3_load", [root.host("/var/lib/rpm/Packages")], { input: dump });
  const oracle = root.rpm(
    "--define",
    "_db_backend bdb_ro",
    "-qa",
    "--qf",
    "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n",
  );
  expect(oracle.trim().split("\n").sort()).toEqual(before);
  const who = examiner(openRoot(root.dir));
  expect([who.packages, who.ledger?.skipped]).toEqual([before.length, 0]);
  expect(who.identify("/usr/sbin/atd")).toMatchObject({ verdict: "genuine", owner: { package: "at" } });
  expect(who.identify("/usr/share/many/400")).toMatchObject({ verdict: "genuine", owner: { package: "many" } });
});

test("a database of kind ndb gives the same packages", { timeout: 120_000 }, () => {
  const root = made(false, 300, 20);
  const before = listed(root);
  const headers = headersOf(root.host(root.database));
  fs.rmSync(root.host(root.database));
  fs.writeFileSync(root.host("/var/lib/rpm/Packages.db"), ndbOf(headers));
  const who = examiner(openRoot(root.dir));
  expect([who.manager, who.packages, who.ledger?.skipped]).toEqual(["rpm", before.length, 0]);
  expect(who.identify("/usr/share/many/300")).toMatchObject({ verdict: "genuine", owner: { package: "many" } });
  expect(who.identify("/usr/bin/extra19")).toMatchObject({ verdict: "genuine", owner: { package: "extra19" } });
});

test("what is only in the write-ahead log counts, what was not committed does not", { timeout: 120_000 }, (context) => {
  need(context, fs.existsSync("/usr/bin/python3"), "python3");
  const root = made(false, 3, 8);
  // Leaves the log behind, as a writer that is killed does: one deletion is committed, another is not.
  const script = `
import sqlite3, sys, os
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA wal_autocheckpoint=0"); db.execute("PRAGMA cache_size=2")
find = lambda name: [h for h, b in db.execute("SELECT hnum, blob FROM Packages") if b"\\0" + name + b"\\0" in b"\\0" + b and b"/usr/bin/" in b and (b"\\0" + name + b"\\0") in b][0]
gone, kept = find(b"extra3"), find(b"extra5")
db.execute("BEGIN"); db.execute("DELETE FROM Packages WHERE hnum=?", (gone,)); db.execute("COMMIT")
db.execute("BEGIN"); db.execute("DELETE FROM Packages WHERE hnum=?", (kept,))
os.kill(os.getpid(), 9)
`;
  try {
    execFileSync("/usr/bin/python3", ["-c", script, root.host(root.database)], { stdio: "pipe" });
  } catch (error) {
    expect((error as { signal: string }).signal).toBe("SIGKILL");
  }
  expect(fs.statSync(root.host(`${root.database}-wal`)).size).toBeGreaterThan(0);
  const who = examiner(openRoot(root.dir));
  expect(who.ledger?.skipped ?? 1).toBe(0);
  expect(who.ownerOf("/usr/bin/extra3")).toBeNull();
  expect(who.ownerOf("/usr/bin/extra5")?.package).toBe("extra5");
  expect(who.ownerOf("/usr/sbin/atd")?.package).toBe("at");
});

test(
  "a database that was cut off says so, and then nobody's file is not called that; no damage throws",
  { timeout: 240_000 },
  () => {
    const root = made(false, 200, 10);
    const total = listed(root).length;
    const headers = headersOf(root.host(root.database));
    const sqlite = fs.readFileSync(root.host(root.database));
    for (const [name, whole] of [
      ["rpmdb.sqlite", sqlite],
      ["Packages.db", ndbOf(headers)],
    ] as const) {
      for (const left of fs.readdirSync(root.host("/var/lib/rpm"))) fs.rmSync(root.host(`/var/lib/rpm/${left}`));
      const file = root.host(`/var/lib/rpm/${name}`);
      fs.writeFileSync(root.host("/usr/bin/stranger"), "x", { mode: 0o755 });
      let seed = 7;
      const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
      for (let round = 0; round < 40; round++) {
        fs.writeFileSync(file, whole.subarray(0, random(whole.length)));
        const who = examiner(openRoot(root.dir));
        const { verdict } = who.identify("/usr/bin/stranger");
        if (who.packages < total) expect([who.ledger?.skipped === 0, verdict]).toEqual([false, "unverifiable"]);
      }
      for (let round = 0; round < 40; round++) {
        const damaged = Buffer.from(whole);
        const within = round % 2 === 0 ? Math.min(4096, damaged.length) : damaged.length;
        for (let change = 0; change < 1 + round * 3; change++) damaged[random(within)] = random(256);
        fs.writeFileSync(file, damaged);
        expect(["unverifiable", "unpackaged"]).toContain(
          examiner(openRoot(root.dir)).identify("/usr/bin/stranger").verdict,
        );
      }
    }
  },
);
