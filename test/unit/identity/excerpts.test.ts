import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageExcerpts } from "../../../src/identity/excerpts.ts";
import type { Identity } from "../../../src/identity/types.ts";
import { fromBytes } from "../../../src/model/text.ts";
import { openRoot } from "../../../src/platform/root.ts";

const dir = mkdtempSync(join(tmpdir(), "whoforks-excerpts-"));
const AT =
  "Package: at\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.1.14-1\nConffiles:\n /etc/at.deny 0123456789abcdef0123456789abcdef\nDescription: Package: libc6\n";
const LIBC = (arch: string): string =>
  `Package: libc6\nStatus: install ok installed\nArchitecture: ${arch}\nVersion: 2.36\n`;
const SUM = "6d1e5b5b1b5a4f2d8a1a6a3f4d9d2d5c  usr/sbin/atd\n";

beforeAll(() => {
  const files: Record<string, string | Buffer> = {
    "/var/lib/dpkg/status": `${AT}\n${LIBC("amd64")}\n${LIBC("i386")}`,
    "/var/lib/dpkg/updates/0001": AT.replace("3.1.14-1", "3.1.15-1"),
    "/var/lib/dpkg/updates/tmp.i": AT,
    "/var/lib/dpkg/info/at.list": Buffer.from(
      "/.\n/usr/bin/at\n/usr/sbin/atd\n/usr/share/xatd\n/usr/lib/\xff/atd",
      "latin1",
    ),
    "/var/lib/dpkg/info/at.md5sums": `${SUM}ffffffffffffffffffffffffffffffff  usr/bin/at\n`,
    "/var/lib/dpkg/info/libc6:amd64.list": "/lib/x/libc.so.6\n",
    "/var/lib/dpkg/info/libc6:i386.list": "/lib/y/libc.so.6\n",
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(dir + path), { recursive: true });
    writeFileSync(dir + path, content);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

function excerpts(about: Partial<Identity>): string[][] {
  const identity = { path: "/usr/bin/atd", owner: null, claims: null, twins: [], ...about } as unknown as Identity;
  return packageExcerpts(openRoot(dir), identity).map(({ path, text }) => [path, Buffer.from(text).toString("latin1")]);
}

describe("parts of the package database", () => {
  test("of the package whose program a file claims to be: its stanzas and the lines with that name, as they stand there", () => {
    expect(excerpts({ claims: { package: "at", path: "/usr/sbin/atd" } })).toEqual([
      ["/var/lib/dpkg/status", AT],
      // Not yet merged into the file above: the newer one counts, and both are evidence.
      ["/var/lib/dpkg/updates/0001", AT.replace("3.1.14-1", "3.1.15-1")],
      ["/var/lib/dpkg/info/at.list", "/usr/sbin/atd\n/usr/lib/\xff/atd"],
      ["/var/lib/dpkg/info/at.md5sums", SUM],
    ]);
  });

  test("of one architecture where the package has several, and of each package once", () => {
    const owner = { manager: "dpkg", package: "libc6:i386", version: "2.36" };
    const path = fromBytes(Buffer.from("/lib/y/libc.so.6"));
    expect(excerpts({ path, owner, twins: [{ path, owner, size: 1, sha256: "" }] })).toEqual([
      ["/var/lib/dpkg/status", LIBC("i386")],
      ["/var/lib/dpkg/info/libc6:i386.list", "/lib/y/libc.so.6\n"],
    ]);
  });

  test("of nobody's file, and where there is no database: nothing", () => {
    expect(excerpts({})).toEqual([]);
    const empty = mkdtempSync(join(tmpdir(), "whoforks-excerpts-"));
    const owner = { manager: "dpkg", package: "at", version: "1" };
    try {
      const identity = { path: "/x", owner, claims: null, twins: [] } as unknown as Identity;
      expect(packageExcerpts(openRoot(empty), identity)).toEqual([]);
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
