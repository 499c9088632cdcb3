/**
 * Speed of the strace reader on one core, on a log of a real storm (repeated to 100 MB), with `wc -l` as the floor and `grep -c`
 * as what an engineer would use. Usage: npm run bench -- strace
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { straceFormat } from "../src/formats/strace/index.ts";

const LOG = resolve(".cache/bench/strace-storm.log");
const BYTES = 100e6;
const HOLD = 150;
/** A self-replicating chain, and a program with children that execute: what a storm's log is made of. */
const CHAIN = `#include <stdlib.h>
#include <unistd.h>
int main(int n, char **v) {
  for (int left = atoi(v[1]); left > 0; left--) if (fork() > 0) _exit(0);
  return 0;
}
`;

/** Records a bounded chain under strace in a PID namespace of its own, and repeats it until there are 100 MB. */
function ensureLog(): void {
  if (existsSync(LOG)) return;
  const folder = dirname(LOG);
  mkdirSync(folder, { recursive: true });
  const program = `${folder}/chain`;
  execFileSync("gcc", ["-O1", "-x", "c", "-o", program, "-"], { input: CHAIN });
  const once = `${LOG}.once`;
  console.error("recording a storm under strace …");
  const strace = ["strace", "-f", "-tt", "-o", once, program, "3000"];
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "timeout", "60", ...strace], { stdio: "inherit" });
  const bytes = readFileSync(once);
  const fd = openSync(LOG, "w");
  for (let written = 0; written < BYTES; written += bytes.length) writeSync(fd, bytes);
  closeSync(fd);
  rmSync(once);
  rmSync(program);
}

/** Seconds to read the file once: opening, 1 MiB reads, every event into a sink that only counts. */
function readOnce(): { seconds: number; events: number; skipped: number } {
  const start = process.hrtime.bigint();
  let events = 0;
  const reader = straceFormat.open(() => () => {
    events++;
  });
  const buffer = Buffer.allocUnsafe(1 << 20);
  const fd = openSync(LOG, "r");
  for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) reader.push(buffer.subarray(0, got), LOG);
  closeSync(fd);
  const { ledger } = reader.end();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, events, skipped: ledger.skipped };
}

function secondsOf(command: string, ...args: string[]): number {
  const start = process.hrtime.bigint();
  spawnSync(command, args, { stdio: "ignore" });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function main(): void {
  ensureLog();
  const megabytes = statSync(LOG).size / 1e6;
  const runs = [];
  // In turns, so that the ratios hold while the machine's speed drifts.
  for (let run = 0; run < 5; run++) {
    const { seconds, events, skipped } = readOnce();
    runs.push({
      seconds,
      events,
      skipped,
      wc: secondsOf("wc", "-l", LOG),
      grep: secondsOf("grep", "-c", "clone(", LOG),
    });
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  const [median] = runs.toSorted((a, b) => a.seconds - b.seconds).slice(2);
  if (median === undefined) return;
  const { seconds, events, skipped, wc, grep } = median;
  const rate = megabytes / seconds;
  console.log(
    `${rate >= HOLD ? "held  " : "MISSED"}  strace log, ${megabytes.toFixed(0)} MB, ${events} events, ${skipped} lines skipped: ` +
      `${rate.toFixed(0)} MB/s (hold ≥ ${HOLD}); wc -l ${(megabytes / wc).toFixed(0)} MB/s, ` +
      `${(seconds / wc).toFixed(1)} × its time; grep -c 'clone(' ${(megabytes / grep).toFixed(0)} MB/s, ` +
      `${(seconds / grep).toFixed(1)} × its time; peak ${peak.toFixed(0)} MB`,
  );
}

main();
