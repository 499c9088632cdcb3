import { say } from "../report/text/catalogue/index.ts";
import { line, type Safe } from "../report/text/sanitise.ts";
import { name, type Voice } from "../report/text/voice.ts";
import { wrap } from "../report/text/width.ts";
import { columnsFor, inOneLine, rowLine, summary, tenths, titles } from "./lines.ts";
import { arranged, type Sorting } from "./order.ts";
import type { TopTable } from "./table.ts";

export interface PlainOptions {
  /** Columns to write for. */
  columns: number;
  sorting: Sorting;
  filter: string;
  /** Rows at the most; the others are counted. */
  rows: number;
}

/** One table as plain text, for a file, a pipe or a terminal that cannot be redrawn. Ends with a newline. */
export function plainTable(voice: Voice, table: TopTable, options: PlainOptions): string {
  const { columns: width, sorting, filter } = options;
  const { hostname, source, seconds, own } = table;
  const rows = arranged(table.rows, sorting, filter);
  const shown = rows.slice(0, options.rows);
  const columns = columnsFor(shown, width);
  const facts = [
    say(voice, "top.title"),
    ...(filter === "" ? [] : [say(voice, "top.filter", { filter })]),
    name(voice, hostname),
    line`${new Date(table.epochMs).toISOString().slice(0, 19) as Safe}Z`,
    say(voice, "top.source", { source, seconds: tenths(seconds) }),
    say(voice, "top.own", { cpus: own.cpus, bytes: own.rssBytes }),
    say(voice, "top.rows", { shown: shown.length, all: table.rows.length }),
  ];
  const empty =
    table.rows.length === 0
      ? say(voice, "top.nothing", { seconds: tenths(seconds) })
      : say(voice, "top.nothing-matches.plain", { filter });
  const lines = [
    inOneLine(voice, facts, width),
    ...summary(voice, table, width).map(({ text }) => text),
    ...(shown.length === 0
      ? wrap(empty, width)
      : [titles(voice, columns, sorting), ...shown.map((row) => rowLine(voice, columns, row))]),
  ];
  return lines.join("\n").replaceAll("\u00a0", " ") + "\n";
}
