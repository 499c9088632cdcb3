import { jsonLine } from "../report/json.ts";
import type { Voice } from "../report/text/voice.ts";
import { arranged } from "../top/order.ts";
import { topResult } from "../top/json.ts";
import { plainTable, type PlainOptions } from "../top/plain.ts";
import type { TopTable } from "../top/table.ts";
import { writeAll } from "./output.ts";
import type { TopSession } from "./top-session.ts";

export interface BatchOptions extends PlainOptions {
  /** Tables to print; Infinity: until interrupted. */
  tables: number;
  json: boolean;
  version: string;
  voice: Voice;
}

/** Prints a table every interval, until there are enough, nobody reads them any more, or the signal is given. */
export async function topBatch(session: TopSession, options: BatchOptions, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  let printed = 0;
  const print = (table: TopTable): void => {
    const text = options.json
      ? jsonLine(topResult({ ...table, rows: arranged(table.rows, options.sorting, options.filter) }, options.version))
      : (printed > 0 ? "\n" : "") + plainTable(options.voice, table, options);
    printed++;
    if (!writeAll(1, text) || printed >= options.tables) enough.abort();
  };
  await session.run(print, AbortSignal.any([signal, enough.signal]));
}
