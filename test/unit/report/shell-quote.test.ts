import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromBytes, toBytes } from "../../../src/model/text.ts";
import { isPrintable } from "../../../src/report/text/sanitise.ts";
import { shellLines, shellQuote } from "../../../src/report/text/shell-quote.ts";
import { displayWidth } from "../../../src/report/text/width.ts";

const SHELLS = ["dash", "bash"];
const PRINT = ["/usr/bin/printf", String.raw`%s\0`];

/** Runs a printed command in a real shell; gives back the arguments that arrived, as the bytes that arrived. */
function argumentsSeenBy(shell: string, command: string, locale: string): string[] {
  const flags = shell === "bash" ? ["--norc", "--noprofile"] : [];
  const out = execFileSync(shell, [...flags, "-c", command], { env: { LC_ALL: locale, PATH: "/usr/bin:/bin" } });
  const seen: string[] = [];
  let at = 0;
  for (let end = out.indexOf(0); end !== -1; end = out.indexOf(0, at)) {
    seen.push(fromBytes(out.subarray(at, end)));
    at = end + 1;
  }
  return seen;
}

const byte = fc.oneof(
  fc.integer({ min: 1, max: 255 }),
  fc.constantFrom(...Buffer.from("\n\n'\"\\$`!%-=~#* \u001b")),
  fc.constantFrom(0x80, 0x81, 0x88, 0xff),
);
const raw = fc.array(byte, { maxLength: 12 }).map((bytes) => fromBytes(Uint8Array.from(bytes)));
const words = fc.constantFrom(
  "",
  "-n",
  "--",
  "a b",
  "it's",
  "中文 名",
  "x\u202ey",
  "a\n",
  "\n",
  "\n\n",
  "%s",
  "$(id)",
  "`id`",
  "!!",
  "~",
  "😀é",
);
/** Parts put together as bytes: the end of one and the start of the next may be one character. */
const together = (parts: string[]): string => fromBytes(Buffer.concat(parts.map(toBytes)));
const argument = fc.oneof(raw, words, fc.tuple(raw, words).map(together));

describe.each(SHELLS)("a printed command pasted into %s", (shell) => {
  test.each(["C.UTF-8", "C"])("runs exactly these arguments (locale %s)", (locale) => {
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (given) => {
        expect(argumentsSeenBy(shell, shellQuote([...PRINT, ...given]), locale)).toEqual(given);
      }),
      { numRuns: 60 },
    );
  });

  test("does so when it is broken into lines, and for a terminal of ASCII", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(argument, fc.array(argument, { maxLength: 30 }).map(together)), { maxLength: 5 }),
        fc.integer({ min: 40, max: 100 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom("unicode" as const, "ascii" as const),
        (given, columns, margin, alphabet) => {
          const lines = shellLines([...PRINT, "first", ...given], columns, margin, alphabet);
          for (const one of lines) expect(displayWidth(one)).toBeLessThanOrEqual(columns);
          expect(argumentsSeenBy(shell, lines.join("\n"), "C.UTF-8")).toEqual(["first", ...given]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("shellQuote", () => {
  test.each([
    [["mv", "-n", "--", "/usr/bin/atd", "/root/atd.quarantined"], "mv -n -- /usr/bin/atd /root/atd.quarantined"],
    [["cat", "/a b"], "cat '/a b'"],
    [["cat", "it's"], String.raw`cat 'it'\''s'`],
    [["rm", "--", "a\u001bb"], String.raw`rm -- "$(printf 'a\033b')"`],
    [["rm", "--", "a\u202eb"], String.raw`rm -- "$(printf 'a\342\200\256b')"`],
    [["rm", "--", "a\n"], String.raw`_nl=$(printf '\012.'); _nl=${"${_nl%.}"}; rm -- "$(printf 'a')""$_nl"`],
    [["FOO=bar", "FOO=bar"], "'FOO=bar' FOO=bar"],
    [["echo", ""], "echo ''"],
  ])("%j", (argv, command) => {
    expect(shellQuote(argv)).toBe(command);
  });

  test("prints nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (argv) => {
        expect(isPrintable(shellQuote(argv))).toBe(true);
        expect(shellQuote(argv, "ascii")).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  describe("a program whose name is a word of the shell's grammar", () => {
    let folder: string;
    beforeAll(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-quote-"));
    });
    afterAll(() => fs.rmSync(folder, { recursive: true }));

    test.each(["if", "while", "{", "!", "FOO=bar", "a b", "time", "[[", "function", "~x", "a\nb", "a\n"])(
      "%j",
      (name) => {
        const file = Buffer.concat([Buffer.from(folder + "/"), toBytes(name)]);
        fs.writeFileSync(file, "#!/bin/sh\nprintf '%s\\0' ran \"$@\"\n", { mode: 0o755 });
        for (const shell of SHELLS) {
          const out = execFileSync(shell, ["-c", shellQuote([name, "x y"])], {
            env: { PATH: `${folder}:/usr/bin:/bin` },
          });
          expect(out.toString()).toBe("ran\0x y\0");
        }
      },
    );
  });
});
