import type { StreamFormat } from "../types.ts";
import { readHead, readProcess } from "./line.ts";
import { AtopReader, isSeparator } from "./reader.ts";

const LINES = 400;

/** What `atop -P` prints with PRG or PRC among its labels, live or from a file (`atop -r`). */
export const atopFormat: StreamFormat = { id: "atop", sniff, open: (sinkOf) => new AtopReader(sinkOf) };

/** Half of the lines must be atop's, and one of them about a process. */
function sniff(head: Uint8Array): number {
  const lines = Buffer.from(head)
    .toString("latin1")
    .split("\n", LINES)
    .map((line) => line.slice(0, 8192).replace(/\r$/, ""))
    .filter((line) => line.trim() !== "");
  let processes = 0;
  let others = 0;
  for (const line of lines) {
    const found = readHead(line);
    if (found === null) others += Number(isSeparator(line));
    else if (found.label !== "PRG" && found.label !== "PRC") others++;
    else if (readProcess(found.label, line.slice(found.to)) !== null) processes++;
  }
  return processes > 0 && (processes + others) * 2 >= lines.length ? 0.9 : 0;
}
