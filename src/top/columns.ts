import type { MessageCode } from "../report/text/catalogue/index.ts";
import { COLUMNS, type ColumnId } from "./order.ts";

/** A column with the room it has. */
export interface Placed {
  id: ColumnId;
  width: number;
}

interface Spec {
  title: MessageCode;
  /** Columns it needs; names grow up to `most` where there is room. */
  least: number;
  most: number;
  /** The lower, the sooner it is left out. */
  worth: number;
}

/** Room for every column; numbers have a fixed one, so that nothing jumps while it changes. */
export const SPECS: Record<ColumnId, Spec> = {
  starts: { title: "top.column.starts", least: 8, most: 8, worth: 11 },
  life: { title: "top.column.life", least: 6, most: 6, worth: 9 },
  ok: { title: "top.column.ok", least: 5, most: 5, worth: 4 },
  failed: { title: "top.column.failed", least: 5, most: 5, worth: 7 },
  signalled: { title: "top.column.signalled", least: 5, most: 5, worth: 6 },
  cpu: { title: "top.column.cpu", least: 5, most: 5, worth: 8 },
  alive: { title: "top.column.alive", least: 6, most: 6, worth: 3 },
  program: { title: "top.column.program", least: 15, most: 70, worth: 12 },
  spawner: { title: "top.column.spawner", least: 8, most: 40, worth: 10 },
  reaper: { title: "top.column.reaper", least: 6, most: 24, worth: 2 },
  container: { title: "top.column.container", least: 12, most: 28, worth: 1 },
};

/** Names right of each other; numbers are aligned right. */
export function isName(id: ColumnId): boolean {
  return SPECS[id].most > SPECS[id].least;
}

/**
 * The columns that fit into `width` (with one blank between two) and their widths; `without` are not needed at all.
 * What is left over goes to the names, most of it to the program.
 */
export function placed(width: number, without: ReadonlySet<ColumnId>): Placed[] {
  let shown = COLUMNS.filter((id) => !without.has(id));
  const needs = (): number => shown.reduce((sum, id) => sum + SPECS[id].least + 1, -1);
  while (shown.length > 1 && needs() > width) {
    const least = shown.reduce((a, b) => (SPECS[a].worth < SPECS[b].worth ? a : b));
    shown = shown.filter((id) => id !== least);
  }
  const columns = shown.map((id) => ({ id, width: Math.min(SPECS[id].least, width) }));
  let left = width - needs();
  // A round gives the program two columns for each one of the others.
  const round = ["program", "spawner", "program", "reaper", "container"];
  while (left > 0) {
    const before = left;
    for (const id of round) {
      const column = columns.find((one) => one.id === id);
      if (left === 0 || column === undefined || column.width >= SPECS[column.id].most) continue;
      column.width++;
      left--;
    }
    if (left === before) break;
  }
  return columns;
}
