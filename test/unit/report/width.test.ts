import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { line, safe, type Safe } from "../../../src/report/text/sanitise.ts";
import { displayWidth, padEnd, padStart, truncateMiddle, wrap } from "../../../src/report/text/width.ts";
import { hostile } from "./hostile.ts";

const DOTS = line`…`;

describe("displayWidth", () => {
  test("counts columns, not characters", () => {
    expect(displayWidth(safe("atd"))).toBe(3);
    expect(displayWidth(safe("派生"))).toBe(4);
    expect(displayWidth(safe("e\u0301"))).toBe(1);
    expect(displayWidth(safe("\u001b"))).toBe(4);
  });

  test("gives each sign of the catalogues the column that string-width gives it", () => {
    const signs = Array.from("a~ \u00a0·×µ–—‘’“”…→−≥≤");
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...signs)), (some) => {
        expect(displayWidth(some.join("") as Safe)).toBe(stringWidth(some.join("")));
      }),
    );
  });
});

describe("padding", () => {
  test("fills up to columns", () => {
    expect(padEnd(safe("原因"), 6)).toBe("原因  ");
    expect(padStart(safe("412"), 5)).toBe("  412");
    expect(padEnd(safe("restart"), 3)).toBe("restart");
  });
});

describe("truncateMiddle", () => {
  test("keeps the end of a path, where the name stands", () => {
    expect(truncateMiddle(safe("/usr/lib/x86_64-linux-gnu/libexec/kf5/program"), 20, DOTS)).toBe(
      "/usr/l…c/kf5/program",
    );
    expect(truncateMiddle(safe("short"), 20, DOTS)).toBe("short");
  });

  test("never cuts a visible escape or a character of several code points", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 30 }), (text, columns) => {
        const shown = safe(text);
        const cut = truncateMiddle(shown, columns, DOTS);
        expect(displayWidth(cut)).toBeLessThanOrEqual(columns);
        // A part of an escape would be a backslash or a rest that the whole text does not have at its ends.
        const [head = "", tail = ""] = cut === shown ? [shown, ""] : cut.split("…");
        expect(shown.startsWith(head)).toBe(true);
        expect(shown.endsWith(tail)).toBe(true);
        for (const [part, at] of [
          [head, head.length],
          [tail, shown.length - tail.length],
        ] as const) {
          for (const escape of shown.matchAll(/\\(?:\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})/g)) {
            if (part === "") continue;
            expect(at > escape.index && at < escape.index + escape[0].length).toBe(false);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("wrap", () => {
  test("breaks at blanks", () => {
    expect(wrap(safe("each copy forks the next and exits"), 12)).toEqual([
      "each copy",
      "forks the",
      "next and",
      "exits",
    ]);
  });

  test("breaks between Chinese characters, but not before a closing or after an opening mark", () => {
    expect(wrap(safe("每个副本派生，然后（立即）退出"), 12)).toEqual(["每个副本派", "生，然后（立", "即）退出"]);
  });

  test("keeps a number with its unit ", () => {
    expect(wrap(line`lives 87 µs`, 8)).toEqual(["lives 87", "µs"]);
    expect(wrap("lives 87\u00a0µs" as Safe, 8)).toEqual(["lives", "87\u00a0µs"]);
    expect(wrap("最多 1.9\u00a0秒" as Safe, 10)).toEqual(["最多", "1.9\u00a0秒"]);
  });

  test("cuts a word that is longer than a line, escapes in one piece", () => {
    expect(wrap(safe("/usr/lib/abc"), 5)).toEqual(["/usr/", "lib/a", "bc"]);
    expect(wrap(safe("abc\u202e"), 10)).toEqual(["abc", String.raw`\u{202e}`]);
  });

  test("no line is wider, and nothing but blanks gets lost", () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 8 }), fc.integer({ min: 12, max: 60 }), (texts, columns) => {
        const text = safe(texts.join(" "));
        const lines = wrap(text, columns);
        for (const one of lines) expect(stringWidth(one)).toBeLessThanOrEqual(columns);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
      { numRuns: 1000 },
    );
  });
});
