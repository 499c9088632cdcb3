import type { Sheet } from "./screen.ts";
import { join, line, repeat, type Safe } from "./text/sanitise.ts";
import { ellipsis } from "./text/voice.ts";
import { displayWidth, padEnd, padStart, truncateMiddle, wrap } from "./text/width.ts";

/** Margin and width of the label column: bodies begin at column 11. */
const MARGIN = line`  `;
const LABEL_WIDTH = 9;

type Style = (text: string) => string;
const PLAIN: Style = (text) => text;

/**
 * A label and its text, wrapped beside it; every body begins on a line of its own.
 *
 *     restart  upstart atd: respawn in /etc/init/atd.conf:12
 *              its limit …
 */
export function labelled(screen: Sheet, label: Safe, bodies: readonly Safe[]): string[] {
  const lead = line`${MARGIN}${padEnd(label, LABEL_WIDTH)}`;
  return besides(screen, lead, screen.paint.dim, bodies, PLAIN);
}

/** Bodies beside a lead-in of any width, which is styled on its own. */
export function besides(
  screen: Sheet,
  lead: Safe,
  leadStyle: Style,
  bodies: readonly Safe[],
  bodyStyle: Style,
): string[] {
  const indent = displayWidth(lead);
  const lines = bodies.flatMap((body) => wrap(body, screen.columns - indent));
  return lines.map((text, index) => (index === 0 ? leadStyle(lead) : " ".repeat(indent)) + bodyStyle(text));
}

/** Clauses as one running text. */
export function sentence(screen: Sheet, clauses: readonly Safe[]): Safe {
  return join(clauses, screen.voice.language === "zh-CN" ? line`；` : line`; `);
}

/** Blocks of lines as the text of a report: a blank line between two, a newline at the end; empty ones are left out. */
export function reportOf(blocks: readonly (readonly string[])[]): string {
  const texts = blocks.filter((block) => block.length > 0).map((block) => block.join("\n"));
  return texts.join("\n\n").replaceAll("\u00a0", " ") + "\n";
}

/** Short facts side by side. */
export function facts(screen: Sheet, parts: readonly Safe[]): Safe {
  return join(parts, screen.voice.unicode ? line` · ` : line` - `);
}

export interface Column {
  /** Numbers stand right. */
  right?: boolean;
  /** May lose its middle when the table is too wide. */
  shrinks?: boolean;
}

const GAP = 2;
const SHRUNK = 12;

/**
 * Rows in columns that fit into `width`: columns that may shrink do so, then the last columns, the least important
 * ones, are left out.
 */
export function table(
  screen: Sheet,
  columns: readonly Column[],
  rows: readonly (readonly Safe[])[],
  width: number,
): Safe[] {
  const widths = columns.map((_, at) => Math.max(0, ...rows.map((row) => displayWidth(row[at] ?? line``))));
  const least = widths.map((natural, at) => (columns[at]?.shrinks ? Math.min(natural, SHRUNK) : natural));
  let shown = widths.length;
  const total = (of: readonly number[]): number => of.slice(0, shown).reduce((sum, one) => sum + one + GAP, -GAP);
  while (shown > 1 && total(least) > width) shown--;
  let excess = total(widths) - width;
  while (excess > 0) {
    const widest = widestShrinking(columns, widths, least, shown);
    if (widest === -1) break;
    (widths[widest] as number)--;
    excess--;
  }
  return rows.map((row) => {
    const cells = row.slice(0, shown).map((cell, at) => {
      const room = widths[at] as number;
      const text = truncateMiddle(cell, room, ellipsis(screen.voice));
      return columns[at]?.right ? padStart(text, room) : padEnd(text, room);
    });
    return trimEnd(truncateMiddle(join(cells, repeat(line` `, GAP)), width, ellipsis(screen.voice)));
  });
}

function widestShrinking(
  columns: readonly Column[],
  widths: readonly number[],
  least: readonly number[],
  shown: number,
): number {
  let widest = -1;
  for (let at = 0; at < shown; at++) {
    if (!columns[at]?.shrinks || (widths[at] as number) <= (least[at] as number)) continue;
    if (widest === -1 || (widths[at] as number) > (widths[widest] as number)) widest = at;
  }
  return widest;
}

function trimEnd(text: Safe): Safe {
  return text.trimEnd() as Safe;
}

/** The lines of a table, indented by `indent` columns. */
export function indentedTable(
  screen: Sheet,
  indent: number,
  columns: readonly Column[],
  rows: readonly (readonly Safe[])[],
): string[] {
  return table(screen, columns, rows, screen.columns - indent).map((row) => " ".repeat(indent) + row);
}
