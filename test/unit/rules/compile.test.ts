import { describe, expect, test } from "vitest";
import { compileRules, described, fileOfRule } from "../../../src/rules/compile.ts";
import { yaraLibrary, type YaraLibrary } from "../../../src/rules/library.ts";
import type { RuleFile } from "../../../src/rules/messages.ts";
import { need } from "../../support/needs.ts";

const library = yaraLibrary();
const has = typeof library !== "string";
const lacking = `the package @litko/yara-x: ${typeof library === "string" ? library : ""}`;
const yara = library as YaraLibrary;

const file = (path: string, source: string): RuleFile => ({ path, source });

async function matched(files: RuleFile[], content: string): Promise<string[]> {
  const found: string[] = [];
  for (const { scanner, files: of } of compileRules(yara, files).compiled) {
    for (const { ruleIdentifier } of await scanner.scanAsync(Buffer.from(content), {})) {
      found.push(`${ruleIdentifier} of ${fileOfRule(of, ruleIdentifier)}`);
    }
  }
  return found.sort();
}

describe("files of rules", () => {
  test("a broken one is told by file, line and message, and costs no other", async (context) => {
    need(context, has, lacking);
    const files = [
      file("/r/good.yar", 'rule good { strings: $a = "x" condition: $a }'),
      file("/r/bad.yar", "// one\n\nrule bad { condition: }"),
      file("/r/open.yar", "rule open { condition: true } /* never closed"),
      file("/r/last.yar", "/* a comment */ rule last { condition: filesize == 1 }"),
    ];
    expect(compileRules(yara, files).broken).toEqual([
      { file: "/r/bad.yar", line: 3, message: expect.stringContaining("syntax error: expecting expression") as string },
      { file: "/r/open.yar", line: 1, message: "syntax error: unclosed comment" },
    ]);
    expect(await matched(files, "x")).toEqual(["good of /r/good.yar", "last of /r/last.yar"]);
  });

  test("rules of one name in two files are both looked for, each under its file", async (context) => {
    need(context, has, lacking);
    const files = [
      file("/r/a.yar", '// rule other, rule same\nrule same { strings: $a = "rule other" condition: $a }'),
      file("/r/b.yar", 'rule other { condition: filesize > 0 } rule same { strings: $a = "same" condition: $a }'),
    ];
    expect(await matched(files, "the same rule other")).toEqual([
      "other of /r/b.yar",
      "same of /r/a.yar",
      "same of /r/b.yar",
    ]);
  });

  test("a global rule decides about its own file alone", async (context) => {
    need(context, has, lacking);
    const files = [
      file("/r/a.yar", "rule of_a { condition: filesize > 0 }"),
      file("/r/b.yar", "global rule never { condition: filesize > 100 } rule of_b { condition: filesize > 0 }"),
    ];
    expect(await matched(files, "x")).toEqual(["of_a of /r/a.yar"]);
  });

  test("an include reads no other file", (context) => {
    need(context, has, lacking);
    const { compiled, broken } = compileRules(yara, [file("/r/a.yar", 'include "/etc/passwd"')]);
    expect([compiled, broken.map(({ message }) => message)]).toEqual([
      [],
      [expect.stringContaining("include statements not allowed") as string],
    ]);
  });

  test("a message of another form is kept as it is, cut", () => {
    expect(described("what")).toEqual({ line: null, message: "what" });
    expect(described("x".repeat(1000)).message.length).toBe(200);
  });
});
