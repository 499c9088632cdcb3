import type { TopRow } from "./table.ts";

/** Columns of the table in their order; all of them can be sorted by. */
export const COLUMNS = [
  "starts",
  "life",
  "ok",
  "failed",
  "signalled",
  "cpu",
  "alive",
  "program",
  "spawner",
  "reaper",
  "container",
] as const;
export type ColumnId = (typeof COLUMNS)[number];

export interface Sorting {
  by: ColumnId;
  descending: boolean;
}

/** The order that a column is looked at in first: the most, but names from A. */
export function firstOrder(by: ColumnId): Sorting {
  return { by, descending: !["program", "spawner", "reaper", "container"].includes(by) };
}

/** Rows that hold `filter` in one of their names, whatever the case, in the order asked for. Unknown values come last. */
export function arranged(rows: readonly TopRow[], sorting: Sorting, filter: string): TopRow[] {
  const wanted = filter.toLowerCase();
  const chosen = wanted === "" ? [...rows] : rows.filter((row) => names(row).some((name) => name.includes(wanted)));
  const sign = sorting.descending ? -1 : 1;
  return chosen.sort((a, b) => {
    const [x, y] = [valueOf(a, sorting.by), valueOf(b, sorting.by)];
    if (x !== y) {
      if (x === null) return 1;
      if (y === null) return -1;
      return x < y ? -sign : sign;
    }
    return b.startsPerSecond - a.startsPerSecond || b.endsPerSecond - a.endsPerSecond || (a.key < b.key ? -1 : 1);
  });
}

function names({ program, spawner, reapers, container }: TopRow): string[] {
  return [program.exe, program.comm, spawner?.exe, spawner?.comm, reapers[0]?.comm, container?.name]
    .filter((name) => typeof name === "string")
    .map((name) => name.toLowerCase());
}

function valueOf(row: TopRow, by: ColumnId): number | string | null {
  const { ends } = row;
  const share = (part: number): number | null => (ends.total === 0 ? null : part / ends.total);
  switch (by) {
    case "starts":
      return row.startsPerSecond;
    case "life":
      return row.medianLifeNs;
    case "ok":
      return share(ends.ok);
    case "failed":
      return share(ends.failed);
    case "signalled":
      return share(ends.signalled);
    case "cpu":
      return row.cpus;
    case "alive":
      return row.alive;
    case "program":
      return row.program.exe ?? row.program.comm;
    case "spawner":
      return row.spawner === null ? null : (row.spawner.exe ?? row.spawner.comm);
    case "reaper":
      return row.reapers[0]?.comm ?? null;
    case "container":
      return row.container === null ? null : (row.container.name ?? row.container.pidNamespace);
  }
}
