import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entropyOf, readContent } from "../../../src/identity/content.ts";
import { fileSource } from "../../../src/platform/file-source.ts";
import { bytesSource, readElf } from "../../../src/elf/read-elf.ts";
import { elfSample, type Sample } from "./elf-samples.ts";

const LOADER = "/lib64/ld-linux-x86-64.so.2";

describe("reading ELF of either class and byte order", () => {
  for (const bits of [32, 64] as const) {
    for (const littleEndian of [true, false]) {
      test(`${bits} bits, ${littleEndian ? "little" : "big"} endian`, () => {
        const dynamic: Sample = {
          bits,
          littleEndian,
          machine: 22,
          type: 3,
          interpreter: LOADER,
          needed: ["libpam.so.0", "libc.so.6"],
          buildId: "00ff10203040506070809000a0b0c0d0e0f01122",
          symbols: true,
        };
        expect(readElf(bytesSource(elfSample(dynamic)))).toEqual({
          facts: {
            bits,
            machine: bits === 64 ? "s390x" : "s390",
            type: "DYN",
            static: false,
            stripped: false,
            interpreter: LOADER,
            needed: ["libpam.so.0", "libc.so.6"],
            buildId: dynamic.buildId,
          },
          problems: [],
        });
        const plain = readElf(bytesSource(elfSample({ bits, littleEndian, machine: 3, type: 2 })));
        expect(plain?.facts).toMatchObject({
          machine: "i386",
          type: "EXEC",
          static: true,
          stripped: true,
          buildId: null,
        });
      });
    }
  }

  test("x32 is told from x86_64 by its class", () => {
    const machine = 62;
    expect(readElf(bytesSource(elfSample({ bits: 32, littleEndian: true, machine, type: 2 })))?.facts.machine).toBe(
      "x32",
    );
    expect(readElf(bytesSource(elfSample({ bits: 64, littleEndian: true, machine, type: 2 })))?.facts.machine).toBe(
      "x86_64",
    );
  });

  test("numbers without a name keep their number", () => {
    const odd = readElf(bytesSource(elfSample({ bits: 64, littleEndian: true, machine: 4711, type: 0xfe00 })));
    expect(odd?.facts).toMatchObject({ machine: "machine-4711", type: "type-65024" });
  });

  test("the running node, from its open file", () => {
    const fd = fs.openSync(process.execPath, "r");
    try {
      const facts = readElf(fileSource(fd))?.facts;
      expect(facts).toMatchObject({ bits: 64, static: false });
      expect(facts?.needed).toContain("libc.so.6");
      expect(facts?.interpreter).toMatch(/^\/lib.*ld-linux/);
    } finally {
      fs.closeSync(fd);
    }
  });
});

describe("damaged and hostile files", () => {
  const whole: Sample = {
    bits: 64,
    littleEndian: true,
    machine: 62,
    type: 3,
    interpreter: LOADER,
    needed: ["libc.so.6"],
    buildId: "aabbccdd",
    symbols: true,
  };

  test("cut at every 7th byte: never throws, and says what is missing", () => {
    const bytes = elfSample(whole);
    for (let length = 0; length < bytes.length; length += 7) {
      const reading = readElf(bytesSource(bytes.subarray(0, length)));
      if (length < 64) expect(reading).toBeNull();
      else if (length < 0x1800 + 128) expect(reading?.problems.length).toBeGreaterThan(0);
    }
  });

  test("any bytes behind a valid ident never throw", () => {
    const anything = fc.uint8Array({ minLength: 0, maxLength: 400 });
    fc.assert(
      fc.property(anything, fc.constantFrom(1, 2), fc.constantFrom(1, 2), (bytes, kind, order) => {
        readElf(bytesSource(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, kind, order, 1, ...bytes)));
      }),
      { numRuns: 3000 },
    );
  });

  test("a valid file with any bytes overwritten never throws", () => {
    const change = fc.array(fc.tuple(fc.nat(0x2000 - 1), fc.nat(255)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(change, fc.boolean(), fc.boolean(), (changes, wide, littleEndian) => {
        const bytes = elfSample({ ...whole, bits: wide ? 64 : 32, littleEndian });
        for (const [at, value] of changes) bytes[at] = value;
        const reading = readElf(bytesSource(bytes));
        if (reading !== null) expect(reading.facts.bits).toBeOneOf([32, 64]);
      }),
      { numRuns: 3000 },
    );
  });

  test("tables beyond the file and headers of a wrong size are problems", () => {
    const bytes = elfSample(whole);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(40, 0xffff_ffff_ffff_0000n, true);
    expect(readElf(bytesSource(bytes))?.problems).toEqual(["0 of 2 section headers can be read"]);
    view.setUint16(54, 10, true);
    const reading = readElf(bytesSource(bytes));
    expect(reading?.problems[0]).toBe("program headers are 10 bytes each, not 56");
    expect(reading?.facts).toMatchObject({ interpreter: null, needed: [] });
  });
});

describe("entropy", () => {
  test("of known distributions", () => {
    expect(entropyOf(new Uint8Array(1000))).toBe(0);
    expect(entropyOf(Uint8Array.from({ length: 2048 }, (_, k) => k & 255))).toBeCloseTo(8, 10);
    expect(entropyOf(Uint8Array.from({ length: 1000 }, (_, k) => k & 1))).toBeCloseTo(1, 10);
    expect(entropyOf(new Uint8Array())).toBe(0);
  });

  test("above 16 MiB the samples come from the whole file", () => {
    const file = `${fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-entropy-"))}/big`;
    const half = new Uint8Array(12 << 20);
    const other = Uint8Array.from({ length: 12 << 20 }, (_, k) => k & 255);
    fs.writeFileSync(file, half);
    fs.appendFileSync(file, other);
    const fd = fs.openSync(file, "r");
    try {
      const content = readContent(fd, 24 << 20);
      expect(content.size).toBe(24 << 20);
      expect(content.entropy).toBeCloseTo(
        entropyOf(Uint8Array.of(...new Uint8Array(256), ...other.subarray(0, 256))),
        3,
      );
    } finally {
      fs.closeSync(fd);
      fs.rmSync(file.slice(0, -4), { recursive: true });
    }
  });
});
