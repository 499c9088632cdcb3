import { InvalidArgumentError, Option, type Command } from "commander";
import { COLUMNS, type ColumnId } from "../../top/order.ts";
import { languageOption, seconds } from "./shared.ts";

/** A redraw costs bytes on a slow line and CPU on a sick host. */
const SHORTEST_INTERVAL = 0.5;

/** Adds `whoforks top` to the command line. */
export function addTop(program: Command, version: string): void {
  program
    .command("top")
    .description("a live table of who forks: a row for each program and who starts it")
    .addOption(new Option("--interval <time>", "time between two tables").default(1, "1s").argParser(interval))
    .addOption(new Option("--window <time>", "what a table looks back on").default(5, "5s").argParser(seconds))
    .addOption(new Option("--sort <column>", "column to sort by").choices(COLUMNS).default("starts"))
    .option("--filter <text>", "only rows whose names hold this", "")
    .option("--batch", "print plain tables one after another instead of a screen that is redrawn")
    .option("--json", "print a line of JSON for each interval")
    .addOption(new Option("-n, --tables <number>", "with --batch or --json: end after so many").argParser(count))
    .addOption(new Option("--rows <number>", "with --batch: rows of a table").default(20).argParser(count))
    .addOption(
      new Option("--source <source>", "where to observe")
        .choices(["auto", "tracefs", "netlink", "proc"])
        .default("auto"),
    )
    .addOption(languageOption("table"))
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks top                                 h explains keys and columns, q quits
  sudo whoforks top --batch -n 3 --interval 2s      three plain tables
  sudo whoforks top --json --filter cron            for a program: docs/top.md

Where standard output is no terminal, or one that cannot be redrawn (TERM=dumb), it prints as with --batch.

Exit codes: 0 ended by q or -n · 2 wrong usage · 3 no kernel events could be had · 4 the same for want of root
            5 internal error · 130 interrupted (Ctrl-C, SIGTERM)`,
    )
    .action(async (flags: TopFlags) => {
      const { topCommand } = await import("../top.ts");
      process.exitCode = await topCommand(flags, version);
    });
}

/** Options of `top` as commander hands them over. */
export interface TopFlags {
  /** Seconds. */
  interval: number;
  window: number;
  sort: ColumnId;
  filter: string;
  batch?: boolean;
  json?: boolean;
  tables?: number;
  rows: number;
  source: "auto" | "tracefs" | "netlink" | "proc";
  lang?: "en" | "zh-CN";
  color: boolean;
}

function interval(text: string): number {
  const value = seconds(text);
  if (value < SHORTEST_INTERVAL) throw new InvalidArgumentError("at most two tables a second: 500ms or more");
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1e9)
    throw new InvalidArgumentError("give a whole number from 1");
  return value;
}
