import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diagnosis as schema } from "../../../src/diagnosis/schema.ts";
import { fromBytes, isUtf8, toBytes } from "../../../src/model/text.ts";
import { jsonLine, jsonReport } from "../../../src/report/json.ts";
import { hostile } from "./hostile.ts";
import { samples, theCase } from "./samples/index.ts";

describe("jsonReport", () => {
  test.each(Object.entries(samples))("of %s says everything and fits the schema", (_, sample) => {
    const text = jsonReport(sample);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(sample)));
    expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined();
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("keeps the order of keys", () => {
    expect(Object.keys(JSON.parse(jsonReport(theCase)) as object)).toEqual(Object.keys(theCase));
  });

  test("gives the bytes of a name that is not UTF-8", () => {
    const bytes = Uint8Array.of(0x2f, 0x61, 0xff, 0xc3);
    const exe = fromBytes(bytes);
    const parsed = JSON.parse(jsonReport({ exe })) as { exe: { bytes: string } };
    expect(new Uint8Array(Buffer.from(parsed.exe.bytes, "base64"))).toEqual(bytes);
    const storm = { ...theCase.storms[0], program: { exe, comm: exe, root: "/" } };
    expect(schema.safeParse(JSON.parse(jsonReport({ ...theCase, storms: [storm] }))).error).toBeUndefined();
  });

  test("does not fail for what is no text, number or name", () => {
    expect(jsonReport({ a: undefined, b: 10n, c: Number.NaN, d: "\ud83d" })).toBe(
      `{\n  "b": 10,\n  "c": null,\n  "d": {\n    "bytes": "77+9"\n  }\n}\n`,
    );
    expect(Object.keys(JSON.parse(jsonReport(JSON.parse('{"__proto__": 1}'))) as object)).toEqual(["__proto__"]);
  });

  test("is harmless on a terminal, and every text comes back", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = jsonReport({ text });
        expect(json).not.toMatch(
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/u,
        );
        const parsed = JSON.parse(json) as { text: string | { bytes: string } };
        if (isUtf8(text)) expect(parsed.text).toBe(text);
        else expect(parsed.text).toHaveProperty("bytes");
      }),
      { numRuns: 1000 },
    );
    const name = fromBytes(Uint8Array.of(0xe2, 0x80, 0xae, 0x80));
    const parsed = JSON.parse(jsonReport({ name })) as { name: { bytes: string } };
    expect(Buffer.from(parsed.name.bytes, "base64")).toEqual(Buffer.from(toBytes(name)));
  });
});

describe("jsonLine", () => {
  const blanks = /[ \n]/g;
  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      hostile,
      fc.string(),
      fc.double(),
      fc.bigInt({ min: -5n, max: 5n }),
      fc.constantFrom(true, false, null, undefined, -0),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(hostile, fc.constantFrom("a", "__proto__", "10", "9")), tie("value"), { maxKeys: 4 }),
    ),
  })).value;

  test("says the same in the same words, on one line", () => {
    fc.assert(
      fc.property(values, (value) => {
        const line = jsonLine({ value });
        expect(line.replaceAll(blanks, "")).toBe(jsonReport({ value }).replaceAll(blanks, ""));
        expect(line.indexOf("\n")).toBe(line.length - 1);
      }),
    );
  });
});
