import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBytes } from "../../../src/model/text.ts";
import { isPrintable, line, safe } from "../../../src/report/text/sanitise.ts";
import { hostile, OBEYED } from "./hostile.ts";

/** Reads what `safe` wrote; the proof that nothing is lost. */
function unsafe(shown: string): string {
  return shown.replace(/\\(?:\\|x([0-9a-f]{2})|u\{([0-9a-f]+)\})/g, (_, byte?: string, code?: string) => {
    if (byte !== undefined) return String.fromCharCode(parseInt(byte, 16) + (byte >= "80" ? 0xdc00 : 0));
    return code === undefined ? "\\" : String.fromCodePoint(parseInt(code, 16));
  });
}

describe("safe", () => {
  test.each([
    ["plain text stays", "/usr/bin/atd -f", "/usr/bin/atd -f"],
    ["other scripts stay", "中文 é 😀", "中文 é 😀"],
    ["a colour code", "\u001b[31mred", String.raw`\x1b[31mred`],
    ["the clipboard sequence OSC 52", "\u001b]52;c;cm0gLXJm\u0007", String.raw`\x1b]52;c;cm0gLXJm\x07`],
    ["C1 CSI", "\u009b2J", String.raw`\u{9b}2J`],
    ["the byte of C1 CSI", fromBytes(Uint8Array.of(0x9b, 0x32, 0x4a)), String.raw`\x9b2J`],
    ["newline and tab", "a\nb\tc", String.raw`a\x0ab\x09c`],
    ["right-to-left override", "gnp\u202e.exe", String.raw`gnp\u{202e}.exe`],
    ["zero width", "at\u200bd", String.raw`at\u{200b}d`],
    ["line separator", "a\u2028b", String.raw`a\u{2028}b`],
    ["a tag character", "a\u{e0041}", String.raw`a\u{e0041}`],
    ["a blank that is none", "a\u00a0b\u3000", String.raw`a\u{a0}b\u{3000}`],
    ["a combining mark without base", "\u0301a", String.raw`\u{301}a`],
    ["a byte that is no UTF-8", fromBytes(Uint8Array.of(0x61, 0x80, 0xff)), String.raw`a\x80\xff`],
    ["half a surrogate pair", "\ud83d", String.raw`\u{d83d}`],
    ["a backslash that could pass for an escape", String.raw`\x1b`, String.raw`\\x1b`],
    ["other backslashes", String.raw`C:\dir\name`, String.raw`C:\dir\name`],
  ])("%s", (_, untrusted, shown) => {
    expect(safe(untrusted)).toBe(shown);
  });

  test("nothing that a terminal obeys is left, whatever comes in", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safe(text)).not.toMatch(OBEYED);
      }),
      { numRuns: 2000 },
    );
  });

  test("nothing is lost: different texts look different", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(unsafe(safe(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(hostile, (text) => {
        expect(unsafe(safe(text, "ascii"))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("a terminal of ASCII gets ASCII", () => {
    expect(safe("中é", "ascii")).toBe(String.raw`\u{4e2d}\u{e9}`);
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safe(text, "ascii")).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  test("isPrintable agrees with safe", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(isPrintable(text)).toBe(safe(text).replaceAll("\\\\", "\\") === text);
      }),
    );
  });
});

describe("line", () => {
  test("puts safe text and numbers into own text", () => {
    expect(line`${safe("a\u0007")}: ${3}`).toBe(String.raw`a\x07: 3`);
  });

  test("does not compile with a plain string", () => {
    const untrusted: string = "\u001b";
    // @ts-expect-error A plain string may come from the examined host.
    expect(line`${untrusted}`).toBe("\u001b");
  });
});
