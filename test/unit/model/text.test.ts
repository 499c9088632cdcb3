import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBytes, isUtf8, toBytes } from "../../../src/model/text.ts";

describe("text of bytes that need not be UTF-8", () => {
  test("gives the same bytes back, whatever they are", () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(bytes.equals(toBytes(fromBytes(bytes)))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("what is UTF-8 around a byte that is not reads as usual; overlong forms and surrogates are bytes", () => {
    const usual = "aé€😀z";
    expect(fromBytes(Buffer.concat([Buffer.from(usual), Buffer.of(0xff), Buffer.from(usual)]))).toBe(
      `${usual}\udcff${usual}`,
    );
    expect(fromBytes(Buffer.from("c0afeda080f8", "hex"))).toBe("\udcc0\udcaf\udced\udca0\udc80\udcf8");
    expect(fromBytes(Buffer.from("e282", "hex"))).toBe("\udce2\udc82");
  });

  test("longer than what is put together at once", () => {
    const text = "path/é\n".repeat(300_000);
    const read = fromBytes(Buffer.concat([Buffer.from(text), Buffer.of(0x80)]));
    expect(read === `${text}\udc80`).toBe(true);
    expect(isUtf8(read)).toBe(false);
    expect(Buffer.from(text).equals(toBytes(read).subarray(0, -1))).toBe(true);
  });

  test("what cannot come from bytes is no name", () => {
    for (const text of ["a\ud800", "\udc00b", "\ud83d\ud83d\ude00", "\udcff\ud800\udc80\udfff"])
      expect(() => toBytes(text)).toThrow(RangeError);
  });
});
