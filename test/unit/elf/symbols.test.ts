import { existsSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/elf/read-elf.ts";
import { readDynamicSymbols } from "../../../src/elf/symbols.ts";
import { elfSample } from "../identity/elf-samples.ts";

/** A real program with versions and both hash tables, small enough to be cut at many places. */
const REAL = ["/bin/true", "/bin/dash", "/usr/bin/env"].find((file) => existsSync(file));

describe("dynamic symbols of odd files", () => {
  test("no ELF file at all: null; a static program: none, and no complaint", () => {
    expect(readDynamicSymbols(bytesSource(new Uint8Array(100)))).toBeNull();
    const symbols = readDynamicSymbols(bytesSource(elfSample({ bits: 64, littleEndian: true, machine: 62, type: 2 })));
    expect(symbols).toMatchObject({ bits: 64, machine: 62, defined: [], imported: [], problems: [] });
  });

  test.skipIf(REAL === undefined)("a real program, cut at any place", () => {
    const bytes = Uint8Array.from(readFileSync(REAL as string));
    const whole = readDynamicSymbols(bytesSource(bytes));
    expect(whole?.imported.length).toBeGreaterThan(10);
    const known = new Set(whole?.imported.map(({ name }) => name));
    for (let length = 0; length < bytes.length; length += 97) {
      const cut = readDynamicSymbols(bytesSource(bytes.subarray(0, length)));
      if (length < 64) expect(cut).toBeNull();
      // What is left may be less, and names may be cut, but there are never more than there were.
      else expect(cut?.imported.length).toBeLessThanOrEqual(known.size + (whole?.defined.length ?? 0));
    }
  });

  test.skipIf(REAL === undefined)("a real program with any bytes changed never throws and never hangs", () => {
    const bytes = Uint8Array.from(readFileSync(REAL as string));
    const place = fc.oneof(fc.integer({ min: 4, max: 1024 }), fc.integer({ min: 4, max: bytes.length - 1 }));
    const change = fc.tuple(place, fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        const symbols = readDynamicSymbols(bytesSource(damaged));
        for (const { name } of symbols?.defined ?? []) expect(name.length).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 500 },
    );
  });
});
