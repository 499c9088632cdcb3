import type { StreamFormat } from "../types.ts";
import { isTable, readLine } from "./line.ts";
import { ForkstatReader } from "./reader.ts";

const LINES = 200;

/** What forkstat(8) prints, with any of its options. */
export const forkstatFormat: StreamFormat = {
  id: "forkstat",
  sniff: sniffForkstat,
  open: (sinkOf) => new ForkstatReader(sinkOf),
};

/** Half of the lines must be forkstat's, and one of them an event. */
function sniffForkstat(head: Uint8Array): number {
  const lines = Buffer.from(head)
    .toString("latin1")
    .split("\n", LINES)
    .map((line) => line.slice(0, 4096).replace(/\r$/, ""))
    .filter((line) => line.trim() !== "");
  let events = 0;
  let tables = 0;
  for (const line of lines)
    if (readLine(line) !== null) events++;
    else if (isTable(line)) tables++;
  return events > 0 && (events + tables) * 2 >= lines.length ? 0.9 : 0;
}
