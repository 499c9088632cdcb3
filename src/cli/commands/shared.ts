import { InvalidArgumentError, Option, type Command } from "commander";

/** The exit codes, for `--help`. */
export const EXIT_CODES = `0 nothing wrong · 1 a problem was found · 2 wrong usage or unusable input
            3 inconclusive · 4 not enough privilege · 5 internal error · 6 a change could not be undone · 130 interrupted`;

/** `5s`, `500ms`, `2m` or plain seconds; more than 0 and at most an hour. */
export function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 1e-3, s: 1, m: 60 }[match?.[2] ?? "s"] as number;
  const value = Number(match?.[1]) * unit;
  if (match === null || value <= 0 || value > 3600)
    throw new InvalidArgumentError("give a time such as 500ms, 5s or 2m, at most 60m");
  return value;
}

/** A number of threads. */
export function threads(text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > 256) throw new InvalidArgumentError("give a number from 1 to 256");
  return value;
}

/** Where a live run observes, and what it uses beside that. */
export type Source = "auto" | "tracefs" | "netlink" | "audit" | "proc";
export type Companion = "audit";

const SOURCES: readonly Source[] = ["auto", "tracefs", "netlink", "audit", "proc"];
const COMPANIONS: readonly Companion[] = ["audit"];

/** `--source`, the same for every command that observes. */
export function sourceOption(): Option {
  return new Option("--source <source>", "where to observe; auto: the first of these that is to be had")
    .choices(SOURCES)
    .default("auto");
}

/** `--with`, the same for every command that observes. */
export function withOption(): Option {
  return new Option(
    "--with <what...>",
    "audit: also load audit rules for at most 10 s, which tell the arguments of every exec (and slow forks down)",
  ).choices(COMPANIONS);
}

/** Both as commander hands them over. */
export interface ObservingFlags {
  source: Source;
  with?: Companion[];
}

/** `--lang`; `of` is what it is the language of. */
export function languageOption(of = "report"): Option {
  return new Option("--lang <language>", `language of the ${of} (default: from the environment)`).choices([
    "en",
    "zh-CN",
  ]);
}

/** The options of every command that prints a report or the same as JSON. */
export function withReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--format <format>", "how to print the result").choices(["terminal", "json"]).default("terminal"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(languageOption())
    .option("--no-color", "no colours (NO_COLOR does the same)");
}

/** These as commander hands them over. */
export interface ReportFlags {
  format: "terminal" | "json";
  json?: boolean;
  output?: string;
  lang?: "en" | "zh-CN";
  color: boolean;
}
