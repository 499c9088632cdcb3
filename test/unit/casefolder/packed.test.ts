import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { pack, type Header } from "tar-stream";
import { isPackedCase } from "../../../src/casefolder/is-packed-case.ts";
import { caseInside, unpackCase } from "../../../src/casefolder/packed.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-packed-"));
const space = join(folder, "space");
mkdirSync(space);
const before = process.env["TMPDIR"];
process.env["TMPDIR"] = space;
afterAll(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(folder, { recursive: true });
});

type Entry = Partial<Header> & { name: string; content?: Buffer };
let made = 0;

async function archive(entries: readonly Entry[]): Promise<string> {
  const tar = pack();
  for (const { content, ...header } of entries)
    if (header.type === undefined) tar.entry(header, content ?? Buffer.from("x"));
    else tar.entry({ ...header, size: 0 });
  tar.finalize();
  return stored(gzipSync(await buffer(tar)));
}

function stored(bytes: Uint8Array): string {
  const path = join(folder, `archive-${made++}`);
  writeFileSync(path, bytes);
  return path;
}

const content = randomBytes(200_000);

describe("a packed case", () => {
  test.each(["", "./", "web1.case/", "./web1.case/"])("is unpacked from %j at the top", async (prefix) => {
    const path = await archive([
      ...(prefix === "" ? [] : [{ name: prefix, type: "directory" as const }]),
      { name: `${prefix}manifest.json` },
      { name: `${prefix}events.bin`, content },
      { name: `${prefix}files/0001`, content: Buffer.from("at:2345:respawn:/usr/bin/atd") },
    ]);
    expect(await isPackedCase(path)).toBe(true);
    const unpacked = await unpackCase(path);
    expect(readdirSync(caseInside(unpacked)).sort()).toEqual(["events.bin", "files", "manifest.json"]);
    expect(readFileSync(join(caseInside(unpacked), "events.bin")).equals(content)).toBe(true);
    rmSync(unpacked, { recursive: true });
  });

  test.each<[string, Entry[]]>([
    ["an absolute name", [{ name: "/manifest.json" }]],
    ["a name that leads out", [{ name: "../manifest.json" }]],
    ["a name that leads out further down", [{ name: "case/files/../../../events.bin" }]],
    ["a name deeper than a case is", [{ name: "a/b/events.bin" }]],
    ["a file that no case has", [{ name: "case/.bashrc" }]],
    ["a symbolic link", [{ name: "events.bin", type: "symlink", linkname: "/etc/shadow" }]],
    ["a hard link", [{ name: "events.bin", type: "link", linkname: "/etc/shadow" }]],
    ["a device", [{ name: "events.bin", type: "block-device", devmajor: 8, devminor: 0 }]],
    ["a FIFO", [{ name: "events.bin", type: "fifo" }]],
    ["the same file twice", [{ name: "events.bin" }, { name: "case/events.bin" }]],
    ["a bomb", [{ name: "events.bin", content: Buffer.alloc(80 << 20) }]],
    ["too many entries", Array.from({ length: 300 }, (_, i) => ({ name: `d${i}/`, type: "directory" as const }))],
  ])("with %s is refused, and nothing is left of it", async (_, entries) => {
    const path = await archive(entries);
    await expect(unpackCase(path)).rejects.toThrow(/it (?:holds|unpacks to)/);
    expect(readdirSync(space)).toEqual([]);
    expect(existsSync("/manifest.json")).toBe(false);
  });

  test("cut off or changed anywhere is refused or whole, and nothing is left of it", async () => {
    const path = await archive([{ name: "manifest.json" }, { name: "events.bin", content }]);
    const bytes = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, by, cut) => {
          const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
          if (!cut) damaged[at] = (damaged[at] ?? 0) ^ by;
          const to = stored(damaged);
          const unpacked = await unpackCase(to).catch(() => null);
          if (unpacked !== null) {
            // Only bytes of gzip that mean nothing (time, system) may differ.
            expect(readFileSync(join(caseInside(unpacked), "events.bin")).equals(content)).toBe(true);
            rmSync(unpacked, { recursive: true });
          }
          expect(readdirSync(space)).toEqual([]);
          rmSync(to);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is told by its content, not by its name", async () => {
    expect(await isPackedCase(stored(gzipSync("type=SYSCALL msg=audit(1.0:1): …\n".repeat(100))))).toBe(false);
    expect(await isPackedCase(stored(Buffer.from("plain")))).toBe(false);
    expect(await isPackedCase(folder)).toBe(false);
    expect(await isPackedCase(join(folder, "missing"))).toBe(false);
  });
});
