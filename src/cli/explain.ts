import * as fs from "node:fs";
import { fileURLToPath } from "node:url";
import { STORM_KINDS, type StormKind } from "../diagnosis/result.ts";
import { hasMessage, render } from "../report/text/catalogue/index.ts";
import { chooseLanguage, type Language } from "../report/text/language.ts";
import type { Safe } from "../report/text/sanitise.ts";
import { wrap } from "../report/text/width.ts";
import type { ExplainFlags } from "./commands/explain.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { writeResult } from "./output.ts";
import { columnsOf } from "./terminal.ts";

/** `whoforks explain`: prints the page about a kind, the sentence of another code, or the list of kinds. */
export function explainCommand(code: string | undefined, flags: ExplainFlags): ExitCode {
  const language = chooseLanguage({ ...(flags.lang === undefined ? {} : { flag: flags.lang }), env: process.env });
  const columns = columnsOf(flags.output === undefined && process.stdout.isTTY);
  writeResult(explained(code, language, columns), flags.output);
  return EXIT.nothingWrong;
}

function explained(code: string | undefined, language: Language, columns: number): string {
  if (code === undefined) return listOf(language);
  const kind = kindOf(code);
  if (kind !== null) return laidOut(pageOf(kind, language), columns);
  if (hasMessage(code)) return `${code}\n  ${render(language, code)}\n`;
  throw new Failure(
    `there is no kind and no code ${JSON.stringify(code)}`,
    "whoforks explain   # lists the kinds",
    EXIT.usage,
  );
}

/** `crash-loop`, `kind.crash-loop`, `verdict.self-replicating-chain.impostor`: the kind that a code is about; null for none. */
export function kindOf(code: string): StormKind | null {
  const bare = code.replace(/^(?:kind|verdict|chain|advice)\./, "");
  return STORM_KINDS.find((kind) => bare === kind || bare.startsWith(`${kind}.`)) ?? null;
}

function listOf(language: Language): string {
  const widest = Math.max(...STORM_KINDS.map((kind) => kind.length));
  return STORM_KINDS.map((kind) => `${kind.padEnd(widest)}  ${render(language, `kind.${kind}`)}\n`).join("");
}

/** The page of a kind as it lies in docs/findings, which ships with the program. */
export function pageOf(kind: StormKind, language: Language): string {
  const name = `docs/findings/${language === "en" ? "" : `${language}/`}${kind}.md`;
  // From dist/ the package's folder is one level up, from src/cli/ two.
  for (const up of ["../", "../../"]) {
    const path = fileURLToPath(new URL(up + name, import.meta.url));
    if (fs.existsSync(path)) return fs.readFileSync(path, "utf8");
  }
  throw new Failure(`${name} is missing from this installation`, "install whoforks again");
}

const WIDEST = 100;

/** Paragraphs and list items broken into lines; screens between fences are left as they are. */
function laidOut(page: string, columns: number): string {
  const width = Math.min(columns, WIDEST);
  let fenced = false;
  const lines = page.split("\n").flatMap((text): string[] => {
    if (text.startsWith("```")) {
      fenced = !fenced;
      return [];
    }
    if (fenced) return [`    ${text}`];
    const [, mark = "", rest = ""] = /^((?:[-*]|\d+\.) )?(.*)$/.exec(text) ?? [];
    if (rest === "") return [""];
    // Our own page, of the package: there is nothing of a host in it.
    const body = wrap(withoutLinks(rest) as Safe, width - mark.length);
    return body.map((part, at) => (at === 0 ? mark : " ".repeat(mark.length)) + part);
  });
  return `${lines.join("\n").trimEnd()}\n`;
}

/** `[text](place)` on a terminal is its text. */
function withoutLinks(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");
}
