/**
 * Speed of the audit reader alone, and beside `aureport -x --summary` on the same file.
 * Usage: npx esbuild bench/audit-reader.ts --bundle --platform=node --format=esm --outfile=FILE.mjs && node FILE.mjs LOG [--rival]
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { auditFormat } from "../src/formats/audit/index.ts";

/** Seconds to read a file once: opening, 1 MiB reads, every event into a sink that only counts. */
export function readOnce(path: string): { seconds: number; events: number } {
  const start = process.hrtime.bigint();
  let events = 0;
  const reader = auditFormat.open(() => () => {
    events++;
  });
  const buffer = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(path, "r");
  for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) reader.push(buffer.subarray(0, got), path);
  closeSync(fd);
  reader.end();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, events };
}

function main(path: string): void {
  const megabytes = statSync(path).size / 1e6;
  for (let run = 1; run <= 5; run++) {
    const { seconds, events } = readOnce(path);
    console.log(
      `run ${run}: ${events} events, ${(seconds * 1000).toFixed(1)} ms, ${(megabytes / seconds).toFixed(0)} MB/s`,
    );
  }
  if (process.argv.includes("--rival")) {
    const start = process.hrtime.bigint();
    spawnSync("aureport", ["-x", "--summary", "-if", path], { stdio: "ignore" });
    console.log(`aureport -x --summary: ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(2)} s`);
  }
}

const path = process.argv[2];
if (path === undefined) throw new Error("which log?");
main(path);
