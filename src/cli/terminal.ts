import type { TerminalOptions } from "../report/screen.ts";
import { chooseLanguage, type Language } from "../report/text/language.ts";

/** Flags that say how a report is written, as commander hands them over. */
interface ReportFlags {
  output?: string;
  lang?: Language;
  color: boolean;
  verbose?: boolean;
}

/** How a report is written: to a terminal or elsewhere, in which language, by flags and environment. */
export function reportOptions({ output, lang, color, verbose }: ReportFlags): TerminalOptions {
  const toTerminal = output === undefined && process.stdout.isTTY;
  return {
    columns: columnsOf(toTerminal),
    colour: colourWanted(color, toTerminal),
    lang: chooseLanguage({ ...(lang === undefined ? {} : { flag: lang }), env: process.env }),
    verbose: verbose === true,
    unicode: unicodeWanted(process.env),
  };
}

/** Width to write for: the terminal's, `COLUMNS`, or 100 for pipes and files. */
export function columnsOf(toTerminal: boolean): number {
  const given = toTerminal ? process.stdout.columns : Number(process.env["COLUMNS"]);
  return given >= 40 ? Math.min(given, 200) : 100;
}

/** Colours only on a terminal that has them, and not when NO_COLOR or --no-color says otherwise (no-color.org). */
export function colourWanted(flag: boolean, toTerminal: boolean): boolean {
  if (!flag || (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb") return false;
  return toTerminal || (process.env["FORCE_COLOR"] ?? "") !== "";
}

/** Whether the locale's character set is UTF-8: LC_ALL before LC_CTYPE before LANG (locale(7)). */
export function unicodeWanted(env: NodeJS.ProcessEnv): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
