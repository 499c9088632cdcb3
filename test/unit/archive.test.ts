import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { readAr } from "../../src/archive/ar.ts";
import { CpioReader } from "../../src/archive/cpio.ts";
import type { ArchiveEntry } from "../../src/archive/entry.ts";
import { TarReader } from "../../src/archive/tar.ts";
import { bytesSource } from "../../src/elf/read-elf.ts";
import { unpackLz4 } from "../../src/platform/lz4.ts";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-archive-"));
afterAll(() => fs.rmSync(dir, { recursive: true }));

/** Entries with their content, read in pieces of `step` bytes. */
function read(bytes: Uint8Array, step: number): { entries: (ArchiveEntry & { content: string })[]; end: unknown } {
  const entries: (ArchiveEntry & { content: string })[] = [];
  const reader = new TarReader((entry) => {
    const one = { ...entry, content: "" };
    entries.push(one);
    return { write: (piece) => void (one.content += Buffer.from(piece).toString("latin1")), end: () => undefined };
  });
  for (let at = 0; at < bytes.length && reader.push(bytes.subarray(at, at + step)); at += step);
  return { entries, end: reader.finish() };
}

describe("tar", () => {
  const long = `${"d".repeat(120)}/${"n".repeat(140)}`;
  const make = (format: string): Buffer => {
    const tree = fs.mkdtempSync(path.join(dir, "tree-"));
    fs.mkdirSync(path.join(tree, "d".repeat(120)), { recursive: true });
    fs.writeFileSync(path.join(tree, "su"), "x".repeat(700), { mode: 0o755 });
    fs.chmodSync(path.join(tree, "su"), 0o4755);
    fs.writeFileSync(path.join(tree, long), "long");
    fs.writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.of(0xe4)]), "latin-1");
    fs.symlinkSync("su", path.join(tree, "link"));
    fs.linkSync(path.join(tree, "su"), path.join(tree, "zz"));
    const args = ["--sort=name", "--owner=root:0", "--group=shadow:42", "--mtime=@1700000000", `--format=${format}`];
    return execFileSync("tar", ["-C", tree, "-cf", "-", ...args, "."], { maxBuffer: 1 << 26 });
  };

  test.each(["gnu", "pax"])("%s: what tar packs, whatever the size of the pieces", (format) => {
    const bytes = make(format);
    const whole = read(bytes, 1 << 20);
    expect(whole.end).toBe("whole");
    const by = new Map(whole.entries.map((entry) => [entry.path, entry]));
    expect(by.get("/su")).toMatchObject({
      type: "file",
      mode: 0o4755,
      uid: 0,
      gid: 42,
      group: "shadow",
      mtime: 1_700_000_000,
    });
    expect(by.get("/su")?.content).toBe("x".repeat(700));
    expect(by.get(`/${long}`)?.content).toBe("long");
    expect(by.get("/link")).toMatchObject({ type: "link", target: "su" });
    expect(by.get("/zz")).toMatchObject({ type: "hard-link", target: "/su", size: 0 });
    expect(whole.entries.map(({ content }) => content)).toContain("latin-1");
    for (const step of [1, 511, 513]) expect(read(bytes, step)).toEqual(whole);
    // Cut anywhere it ends with less, and says so.
    expect(read(bytes.subarray(0, bytes.length >> 1), 4096).end).not.toBe("whole");
  });

  test("any bytes, and any damage, are no exception", () => {
    const bytes = make("gnu");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 40 }), (at, junk) => {
        const damaged = Buffer.from(bytes);
        damaged.set(junk.subarray(0, damaged.length - at), at);
        const { entries } = read(damaged, 4096);
        for (const entry of entries) expect(entry.path.split("/")).not.toContain("..");
      }),
      { numRuns: 60 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (junk) => void read(junk, 100)));
  });
});

test("ar and cpio: any bytes are no exception", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom("!<arch>\n", "070701", "07070X", ""),
      (junk, magic) => {
        const bytes = Buffer.concat([Buffer.from(magic), junk]);
        readAr(bytesSource(bytes));
        const reader = new CpioReader(
          () => null,
          () => 7,
        );
        reader.push(bytes);
      },
    ),
  );
});

describe("LZ4", () => {
  type Sequence = [literals: Uint8Array, distance: number, length: number];

  /** A frame of one block with these sequences, and what it unpacks to. */
  function frame(sequences: readonly Sequence[], tail: Uint8Array): { packed: Buffer; plain: Buffer } {
    const plain: number[] = [];
    const block: number[] = [];
    const extend = (value: number): number[] => {
      const more: number[] = [];
      for (let left = value - 15; left >= 0; left -= 255) more.push(Math.min(left, 255));
      if (more.at(-1) === 255) more.push(0);
      return value < 15 ? [] : more;
    };
    for (const [literals, wanted, length] of sequences) {
      plain.push(...literals);
      if (plain.length === 0) continue;
      const distance = 1 + (wanted % Math.min(plain.length, 65_535));
      block.push(
        (Math.min(literals.length, 15) << 4) | Math.min(length - 4, 15),
        ...extend(literals.length),
        ...literals,
      );
      block.push(distance & 255, distance >> 8, ...extend(length - 4));
      for (let n = 0; n < length; n++) plain.push(plain[plain.length - distance] as number);
    }
    block.push(Math.min(tail.length, 15) << 4, ...extend(tail.length), ...tail);
    plain.push(...tail);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    const head = Buffer.from("04224d18604000", "hex");
    return { packed: Buffer.concat([head, size, Buffer.from(block), Buffer.alloc(4)]), plain: Buffer.from(plain) };
  }

  const sequence = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(70_000), fc.integer({ min: 4, max: 600 }));

  test("gives back what was packed, and null for what is cut off", () => {
    fc.assert(
      fc.property(fc.array(sequence, { maxLength: 12 }), fc.uint8Array({ maxLength: 30 }), (sequences, tail) => {
        const { packed, plain } = frame(sequences, tail);
        expect(unpackLz4(packed)?.equals(plain)).toBe(true);
        expect(unpackLz4(packed.subarray(0, packed.length - 5))).toBeNull();
        if (plain.length > 0) expect(unpackLz4(packed, plain.length - 1)).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (junk) => {
        unpackLz4(Buffer.concat([Buffer.from("04224d1860400000ff0000", "hex"), junk]), 1 << 16);
      }),
    );
  });
});
