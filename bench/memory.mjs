// Memory and time of a log on standard input: one of some 40 MB, and one of 4 GB that never stands on a disk.
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { stormLog, whoforks } from "./logs.mjs";

const LARGE = 4e9;
const MOST = 300e6;

export async function memory() {
  const { path, bytes } = await stormLog();
  const small = await fed(path, 1);
  const times = Math.ceil(LARGE / bytes);
  const large = await fed(path, times);
  const megabytes = (value) => `${(value / 1e6).toFixed(0)} MB`;
  return [
    {
      what: `audit log of ${((bytes * times) / 1e9).toFixed(1)} GB on standard input`,
      ours: `at most ${megabytes(large.peakRssBytes)} of memory, ${large.wallSeconds.toFixed(0)} s`,
      rival: `the same log once, ${megabytes(bytes)}: ${megabytes(small.peakRssBytes)}`,
      ratio: `${(large.peakRssBytes / small.peakRssBytes).toFixed(2)} × the memory for ${times} × the log`,
      hold: `< ${megabytes(MOST)}`,
      held: large.peakRssBytes < MOST,
    },
  ];
}

/** @returns what the run says of its own cost */
async function fed(path, times) {
  const [command, ...args] = whoforks("diagnose", "-q", "--json", "--from", "-");
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const repeated = async function* () {
    for (let time = 0; time < times; time++) yield* createReadStream(path, { highWaterMark: 1 << 20 });
  };
  const [result] = await Promise.all([buffer(child.stdout), pipeline(Readable.from(repeated()), child.stdin)]);
  return JSON.parse(result.toString("utf8")).cost;
}
