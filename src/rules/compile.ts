import type { Untrusted } from "../model/text.ts";
import type { YaraLibrary, Scanner } from "./library.ts";
import type { BrokenRules, RuleFile } from "./messages.ts";

/** Rules that are looked for in one pass, and the files that they stand in. */
export interface CompiledRules {
  scanner: Scanner;
  files: RuleFile[];
}

/**
 * Variables that published rules ask for. An `include` would read files that nobody named, so it is an error. Regular
 * expressions are taken as YARA takes them.
 */
const OPTIONS = {
  defineVariables: { filename: "", filepath: "", extension: "" },
  relaxedReSyntax: true,
  enableIncludes: false,
};

/** Matches of one pattern that are counted in one file: each costs memory. */
const MOST_MATCHES = 10_000;
const MESSAGE_LENGTH = 200;

/**
 * Compiles files of rules: each by itself first, so that a broken one is no more than that; then as many as go together
 * in one scanner, because every scanner is a pass over each content.
 */
export function compileRules(
  library: YaraLibrary,
  files: readonly RuleFile[],
): { compiled: CompiledRules[]; broken: BrokenRules[] } {
  const broken: BrokenRules[] = [];
  const sound: RuleFile[] = [];
  for (const file of files) {
    const problem = problemOf(library, file);
    if (problem === null) sound.push(file);
    else broken.push(problem);
  }
  // A global rule decides about all rules beside it, so it stays with those of its own file.
  const alone = sound.filter(({ source }) => /\bglobal\b/.test(withoutTexts(source)));
  const together = sound.filter((file) => !alone.includes(file));
  return { compiled: [together, ...alone.map((file) => [file])].flatMap((group) => joined(library, group)), broken };
}

function problemOf(library: YaraLibrary, { path, source }: RuleFile): BrokenRules | null {
  const [first] = library.validate(source, OPTIONS).errors;
  return first === undefined ? null : { file: path, ...described(first.message) };
}

/** Two files may have rules of the same name, which do not compile together: then each half by itself. */
function joined(library: YaraLibrary, files: RuleFile[]): CompiledRules[] {
  if (files.length === 0) return [];
  try {
    const scanner = library.compile(files.map(({ source }) => source).join("\n"), OPTIONS);
    scanner.setMaxMatchesPerPattern(MOST_MATCHES);
    return [{ scanner, files }];
  } catch (error) {
    if (files.length === 1) throw error;
    const middle = files.length >> 1;
    return [...joined(library, files.slice(0, middle)), ...joined(library, files.slice(middle))];
  }
}

/**
 * What is wrong and where, of a message such as
 *
 *     error[E001]: syntax error
 *      --> line:1:21
 *       |
 *     1 | rule a { condition: }
 *       |                     ^ expecting expression, found `}`
 */
export function described(text: string): { line: number | null; message: string } {
  const line = /^\s*--> (?:line|[^\n]*):(\d+):\d+$/m.exec(text)?.[1];
  const what = (text.split("\n")[0] ?? "").replace(/^.*?error\[\w+\]: /, "");
  const detail = /^[\s|]*[\^-]*\^[\^-]* (.+)$/m.exec(text)?.[1];
  const message = detail === undefined ? what : `${what}: ${detail}`;
  return { line: line === undefined ? null : Number(line), message: message.slice(0, MESSAGE_LENGTH) };
}

/** The file in which a rule stands. The library does not tell: rules of all files of a scanner have different names. */
export function fileOfRule(files: readonly RuleFile[], rule: string): Untrusted {
  const [only] = files;
  const header = new RegExp(`\\brule\\s+${rule.replaceAll(/\W/g, "")}\\b`);
  const found =
    files.length === 1
      ? only
      : (files.find(({ source }) => header.test(withoutTexts(source))) ??
        files.find(({ source }) => header.test(source)));
  return found?.path ?? "";
}

/** A source without its comments and the content of its texts. */
function withoutTexts(source: string): string {
  return source.replaceAll(/"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, " ");
}
