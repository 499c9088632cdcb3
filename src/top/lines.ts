import { say } from "../report/text/catalogue/index.ts";
import { join, line, type Safe } from "../report/text/sanitise.ts";
import { ellipsis, own, type Voice } from "../report/text/voice.ts";
import { displayWidth, padEnd, padStart, truncateMiddle, wrap } from "../report/text/width.ts";
import { cell } from "./cells.ts";
import { isName, placed, SPECS, type Placed } from "./columns.ts";
import type { ColumnId, Sorting } from "./order.ts";
import type { TopRow, TopTable } from "./table.ts";

/** How a line is shown; what colours say the words say, too. */
export type LineStyle = "title" | "plain" | "warning" | "columns" | "selected" | "dim";

export interface StyledLine {
  text: Safe;
  style: LineStyle;
}

/** Facts of the header that fit into one line, the most important first; what does not fit is left out. */
export function inOneLine(voice: Voice, facts: readonly Safe[], width: number): Safe {
  const separator = own(voice, line` · `);
  let shown = facts.slice(0, 1);
  for (const fact of facts.slice(1)) {
    const longer = [...shown, fact];
    if (displayWidth(join(longer, separator)) <= width) shown = longer;
  }
  return fitted(voice, join(shown, separator), width);
}

/** A window is as long as it was asked for, but for some milliseconds. */
export function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

export function fitted(voice: Voice, text: Safe, width: number): Safe {
  return truncateMiddle(text, width, ellipsis(voice));
}

/** What the whole host does, in one line and what must not be left out of it. */
export function summary(voice: Voice, table: TopTable, width: number): StyledLine[] {
  const { forksPerSecond: forks, execsPerSecond: execs, exitsPerSecond: exits, cpu, cpus, lost } = table;
  const kernel = table.source !== "proc";
  const tasks = kernel ? forks : (table.tasksPerSecond ?? forks);
  const facts = [
    say(voice, "top.forks", { forks: tasks }),
    ...(kernel ? [say(voice, "top.execs", { execs })] : []),
    ...(cpu === null ? [] : [say(voice, "top.cpu", { busy: cpu.busyCpus, cpus, system: cpu.system })]),
    ...(lost === 0 ? [say(voice, "top.none-lost")] : []),
    ...(lost === null && kernel ? [say(voice, "top.lost-unknown")] : []),
    ...(kernel ? [say(voice, "top.exits", { exits })] : []),
  ];
  const lines: StyledLine[] = [{ text: inOneLine(voice, facts, width), style: "plain" }];
  if (lost !== null && lost > 0) {
    const text = own(voice, line`⚠ ${say(voice, "top.lost", { lost })}`);
    // Loss comes before everything else on the line.
    lines[0] = { text: inOneLine(voice, [text, ...facts], width), style: "warning" };
  }
  return [...lines, ...procOnly(voice, table, width)];
}

/** Without kernel events the table is no count; that is said before it is shown. */
function procOnly(voice: Voice, table: TopTable, width: number): StyledLine[] {
  if (table.source !== "proc") return [];
  const gap = table.couldNotLook.find(({ code }) => code !== "procfs.pid-namespace");
  const { tasksPerSecond: tasks, forksPerSecond: births } = table;
  const mended = gap !== undefined && (gap.code.endsWith(".no-root") || gap.code === "proc.chosen");
  const args = { why: gap?.why ?? null, remedy: mended ? "sudo whoforks top" : (gap?.remedy ?? null) };
  const text =
    tasks === null
      ? say(voice, "top.proc-only.first", args)
      : say(voice, "top.proc-only", { ...args, births, tasks: Math.max(tasks, births) });
  return wrap(text, width).map((part) => ({ text: part, style: "warning" }));
}

/** The columns that there is room and need for. */
export function columnsFor(rows: readonly TopRow[], width: number): Placed[] {
  const without = new Set<ColumnId>();
  if (rows.every((row) => row.container === null)) without.add("container");
  return placed(width, without);
}

/** Titles over the columns; the one that is sorted by is marked. */
export function titles(voice: Voice, columns: readonly Placed[], sorting: Sorting | null): Safe {
  const down = voice.unicode ? line`▼` : line`v`;
  const up = voice.unicode ? line`▲` : line`^`;
  return assembled(
    columns,
    columns.map(({ id, width }) => {
      const title = say(voice, SPECS[id].title);
      if (sorting?.by !== id) return fitted(voice, title, width);
      const mark = sorting.descending ? down : up;
      const room = width - displayWidth(mark);
      return line`${displayWidth(title) <= room ? title : fitted(voice, title, room)}${mark}`;
    }),
  );
}

/** One row in its columns. */
export function rowLine(voice: Voice, columns: readonly Placed[], row: TopRow): Safe {
  const wide: Voice = { ...voice, nameLimit: 200 };
  return assembled(
    columns,
    columns.map(({ id, width }) => fitted(voice, cell(wide, row, id), width)),
  );
}

function assembled(columns: readonly Placed[], cells: readonly Safe[]): Safe {
  const filled = cells.map((text, at) => {
    const { id, width } = columns[at] as Placed;
    return isName(id) ? padEnd(text, width) : padStart(text, width);
  });
  return join(filled, line` `).trimEnd() as Safe;
}
