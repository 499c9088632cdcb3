import type { StreamFormat } from "../types.ts";
import { columnsOf, hostOf, readTask, type Columns } from "./line.ts";
import { PidstatReader } from "./reader.ts";

const LINES = 400;

/** What pidstat(1) of sysstat prints as text, with any of its options. */
export const pidstatFormat: StreamFormat = { id: "pidstat", sniff, open: (sinkOf) => new PidstatReader(sinkOf) };

/** A header that names the columns of tasks must be there, and half of the lines behind it must be tasks. */
function sniff(head: Uint8Array): number {
  const lines = Buffer.from(head).toString("latin1").split("\n", LINES);
  let columns: Columns | null = null;
  let tasks = 0;
  let others = 0;
  for (const line of lines.map((text) => text.slice(0, 4096).replace(/\r$/, ""))) {
    const found = columnsOf(line);
    if (found !== null) columns = found;
    else if (columns === null || line.trim() === "" || hostOf(line) !== null) continue;
    else if (readTask(line, columns) === null) others++;
    else tasks++;
  }
  return tasks > 0 && tasks >= others ? 0.8 : 0;
}
