import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { memoryRoot } from "../../../fuzz/memory-root.ts";
import { packagesOf as apkPackages } from "../../../src/identity/apk/installed.ts";
import { allDigests, md5Of, pathOf } from "../../../src/identity/dpkg/digests.ts";
import { Diversions } from "../../../src/identity/dpkg/diversions.ts";
import { readStatus, type StatusReading } from "../../../src/identity/dpkg/status.ts";
import { otherOwnerReasons } from "../../../src/identity/other-owners/index.ts";
import { LOCAL, packagesOf as pacmanPackages } from "../../../src/identity/pacman/local.ts";
import { bdbBlobs } from "../../../src/identity/rpm/bdb.ts";
import { ndbBlobs } from "../../../src/identity/rpm/ndb.ts";
import { packageOf } from "../../../src/identity/rpm/packages.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";
import { atOnce } from "../../../src/model/steps.ts";
import { SqliteFile, type Bytes } from "../../../src/platform/sqlite/database.ts";
import { needsProgram } from "../../support/needs.ts";
import { ndbOf } from "../../host/identity-rpm-root.ts";

/** Databases of a few kilobytes that were made to cost minutes or gigabytes: each of these did. */
const seed = (name: string): Buffer =>
  fs.readFileSync(fileURLToPath(new URL(`../../../fuzz/corpus/${name}`, import.meta.url)));
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-costly-"));
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));
const bytes =
  (file: Buffer): Bytes =>
  (offset, length) =>
    file.subarray(offset, offset + length);

describe("rpm", () => {
  const PAGE = 512;
  /** One hash page whose items name an overflow page that leads to itself and claims 60 MB. */
  function bdb(items: number): Buffer {
    const file = Buffer.alloc(3 * PAGE);
    file.writeUInt32LE(0x061561, 12);
    file.writeUInt32LE(PAGE, 20);
    file.writeUInt32LE(2, 32);
    const [hash, overflow] = [file.subarray(PAGE, 2 * PAGE), file.subarray(2 * PAGE)];
    hash[25] = 13;
    hash.writeUInt16LE(items * 2, 20);
    let at = PAGE;
    for (let index = 0; index < items; index++) {
      at -= 5;
      hash.writeUInt16LE(at, 26 + index * 4);
      hash.set([1, index + 1, 0, 0, 0], at);
      at -= 12;
      hash.writeUInt16LE(at, 26 + index * 4 + 2);
      hash.set([3, 0, 0, 0, 2, 0, 0, 0], at);
      hash.writeUInt32LE(60_000_000, at + 8);
    }
    overflow[25] = 7;
    overflow.writeUInt32LE(2, 16);
    overflow.writeUInt16LE(1, 22);
    return file;
  }

  test("an item whose pages lead in a circle is damaged", () => {
    expect(Array.from(bdbBlobs(bytes(bdb(20))), ({ blob }) => blob)).toEqual(Array.from({ length: 20 }, () => null));
  });

  test("a Berkeley database that was cut off says where", () => {
    const whole = seed("rpm-bdb/seed-overflow");
    expect(Array.from(bdbBlobs(bytes(whole)), ({ blob }) => blob).every((blob) => blob !== null)).toBe(true);
    for (let page = 2; page < whole.length / PAGE; page++) {
      const told = [...bdbBlobs(bytes(whole.subarray(0, page * PAGE)))];
      expect(told.at(-1)).toEqual({ blob: null, locator: `page ${page}, where the file ends` });
    }
  });

  test("one blob that all slots name is told once", () => {
    const file = ndbOf(Array.from({ length: 100 }, () => Buffer.alloc(3000)));
    const first = file.subarray(32 + 4, 32 + 16);
    for (let at = 64; at < 4096; at += 16) first.copy(file, at + 4);
    // What is behind the first blob belongs to nobody; a few more fit into it.
    const told = Array.from(ndbBlobs(bytes(file.subarray(0, 4096 + 3 * 3100))), ({ blob }) => blob?.length ?? 0);
    expect(told.reduce((sum, length) => sum + length, 0)).toBeLessThan(file.length);
  });

  test("a header that spells gigabytes of paths is none", () => {
    const names = 20_000;
    const directory = Buffer.from(`/${"d".repeat(20_000)}/\0`);
    const data = [Buffer.from("at\x003.2\0"), directory, Buffer.alloc(names), Buffer.from("a\0".repeat(names))];
    const [about, , indexes] = data.map(({ length }) => length) as [number, number, number];
    const entries = [
      [1000, 6, 0, 1],
      [1001, 6, 3, 1],
      [1118, 8, about, 1],
      [1116, 1, about + directory.length, names],
      [1117, 8, about + directory.length + indexes, names],
    ];
    const words = [entries.length, data.reduce((sum, { length }) => sum + length, 0), ...entries.flat()];
    const head = Buffer.alloc(words.length * 4);
    for (const [index, word] of words.entries()) head.writeUInt32BE(word, index * 4);
    const ledger = emptyLedger("rpm", null);
    expect(packageOf(Buffer.concat([head, ...data]), ledger, "")).toBeNull();
    expect(ledger.examples).toEqual([{ locator: "", why: "its paths are too long, or too many", quote: "at" }]);
  });

  test("a row that a page of a table names again and again is told once", () => {
    const file = Buffer.from(seed("sqlite/seed-short"));
    const sqlite = (): SqliteFile => SqliteFile.open(bytes(file), null) as SqliteFile;
    const page = sqlite().rootOf("Packages") as number;
    const leaf = file.subarray((page - 1) * 512, page * 512);
    const cells = 120;
    leaf.writeUInt16BE(cells, 3);
    for (let index = 1; index < cells; index++) leaf.copy(leaf, 8 + index * 2, 8, 10);
    const damaged = sqlite();
    expect([...damaged.rows(page)].length).toBeLessThan(cells);
    expect(damaged.damaged.length).toBeGreaterThan(0);
  });

  test("rows that share their overflow pages are damaged", () => {
    const file = Buffer.from(seed("sqlite/seed-overflow"));
    const sqlite = (): SqliteFile => SqliteFile.open(bytes(file), null) as SqliteFile;
    const page = sqlite().rootOf("Packages") as number;
    const leaf = file.subarray((page - 1) * 512, page * 512);
    leaf.copy(leaf, 10, 8, 10);
    expect([...sqlite().rows(page)].length).toBe(1);
  });

  test("a table whose definition is comments without an end", (context) => {
    needsProgram(context, "sqlite3");
    const file = path.join(dir, "comments.sqlite");
    const sql = `PRAGMA writable_schema=1; CREATE TABLE t(a); INSERT INTO t VALUES(7);
UPDATE sqlite_master SET sql = 'CREATE TABLE t(a ' || replace(hex(zeroblob(1000000)), '00', '/* ');`;
    execFileSync("sqlite3", [file], { input: sql });
    const sqlite = SqliteFile.open(bytes(fs.readFileSync(file)), null) as SqliteFile;
    expect([...sqlite.records("t", 10)]).toHaveLength(1);
  });
});

describe("dpkg", () => {
  const read = (content: string): StatusReading => {
    const reading: StatusReading = { packages: new Map(), damaged: [] };
    atOnce(readStatus(Buffer.from(content), reading));
    return reading;
  };

  test("a status of lines without a colon, one of fields of configuration files", () => {
    const stanza = "Package: at\nStatus: install ok installed\n";
    expect([...read(stanza + "p\n".repeat(4_000_000)).packages.keys()]).toEqual(["at:"]);
    const digest = "0".repeat(32);
    const many = read(`${stanza}${"Conffiles:\n".repeat(200_000)} /etc/at.deny ${digest}\n`);
    expect([...(many.packages.get("at:")?.conffiles ?? [])]).toEqual([["/etc/at.deny", digest]]);
  });

  test("diversions to one place", () => {
    const all = Array.from({ length: 200_000 }, (_, index) => ({ from: `/${index}`, to: "/to", by: null }));
    expect(new Diversions(all, (each) => each).leadingTo("/to")).toHaveLength(all.length);
  });

  test("a digest without two spaces behind it is none, slashes before a path count for nothing, for whoever asks", () => {
    const hex = "0".repeat(32);
    const spelt = Buffer.from(`${hex}  .//./usr/bin/at\n`);
    expect([...allDigests(spelt)]).toEqual([["/usr/bin/at", hex]]);
    expect([md5Of("/usr/bin/at", spelt), md5Of("/bin/at", spelt), pathOf(hex, spelt)]).toEqual([
      hex,
      null,
      "/usr/bin/at",
    ]);
    expect([...allDigests(Buffer.from(`${hex}~ usr/bin/at\n${hex}  usr/bin/b\n`))]).toEqual([["/usr/bin/b", hex]]);
  });
});

test("apk: a directory that is spelt once for thousands of files", () => {
  const ledger = emptyLedger("apk", null);
  const files = "R:a\n".repeat(50_000);
  const content = Buffer.from(`P:at\nV:1\nF:${"d".repeat(100_000)}\n${files}\n\nP:b\nV:1\nF:usr\nR:b\n`);
  const { packages, complete } = atOnce(apkPackages(content, memoryRoot(new Map()), ledger, "installed"));
  expect([packages.map(({ owner }) => owner.package), complete]).toEqual([["b"], false]);
  expect(ledger.examples[0]?.why).toBe("its paths are too long, or too many");
});

test("pacman: a small mtree that unpacks to a line of words, or to more entries than any package has", () => {
  const ask = (mtree: string): [number, number] => {
    const folder = `${LOCAL}/at-1-1`;
    const files = {
      desc: "%NAME%\nat\n\n%VERSION%\n1-1\n",
      files: "%FILES%\nusr/bin/at\n",
      mtree: gzipSync(mtree, { level: 1 }),
    };
    const root = memoryRoot(
      new Map(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, Buffer.from(content)])),
    );
    const ledger = emptyLedger("pacman", null);
    const [one] = atOnce(pacmanPackages(root, ledger)).packages;
    return [[...(one?.digests() ?? [])].length, ledger.skipped];
  };
  const entry = `./usr/bin/at mode=755 sha256digest=${"0".repeat(64)}\n`;
  expect(ask(`#mtree\n./a${" ".repeat(40_000_000)}\n${entry}`)).toEqual([1, 0]);
  expect(ask(Array.from({ length: 530_000 }, (_, index) => `./${index}`).join("\n"))).toEqual([0, 1]);
});

test("records of other managers: JSON that is no object, a specification of beginnings only", () => {
  const files = {
    "/usr/lib/node_modules/at/package.json": "null",
    "/usr/bin/at": "#!/usr/bin/ruby\n# This file was generated by RubyGems.\n",
    "/var/lib/gems/3.1.0/specifications/at-3.2.gemspec": ".executables = [".repeat(60_000),
  };
  const root = memoryRoot(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
  expect(otherOwnerReasons(root, "/usr/lib/node_modules/at/cli.js")).toEqual([]);
  expect(otherOwnerReasons(root, "/usr/bin/at")).toEqual([]);
});
