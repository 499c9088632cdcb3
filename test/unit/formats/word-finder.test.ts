import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WordFinder } from "../../../src/formats/text/word-finder.ts";

describe("a word in a line", () => {
  it("is found where indexOf finds it, within the bounds only", () => {
    const letters = fc.array(fc.constantFrom(0x41, 0x42, 0x43), { minLength: 2, maxLength: 6 });
    const text = fc.array(fc.constantFrom(0x41, 0x42, 0x43), { maxLength: 60 });
    fc.assert(
      fc.property(letters, text, fc.nat(60), fc.nat(60), (word, content, a, b) => {
        const bytes = Buffer.from(content);
        const [from, to] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        const expected = bytes.subarray(from, to).indexOf(Buffer.from(word));
        expect(new WordFinder(Uint8Array.from(word)).find(bytes, from, to)).toBe(
          expected === -1 ? -1 : from + expected,
        );
      }),
    );
  });
});
