// The logs that the benches read: recorded once, kept under .cache/bench.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { recordAudit } from "../lab/audit.mjs";
import { runs32Bit } from "../lab/kernel-abi.mjs";

const BIN = fileURLToPath(new URL("../bin/whoforks", import.meta.url));
const path = (name) => fileURLToPath(new URL(`../.cache/bench/${name}`, import.meta.url));
const STORM = path("full-speed.log");
const LONG = path("full-speed-long.log");
const QUIET = path("quiet.log");
/** The long log goes on for so many times the storm's. */
const TIMES = 5;

/** The command line of the product. */
export const whoforks = (...args) => [process.execPath, BIN, ...args];

/**
 * The log of the case's own storm, as fast as it goes, with the account of its recording beside it.
 * @returns {Promise<{path: string, lines: number, bytes: number, lost: number, title: string}>}
 */
export async function stormLog() {
  const account = `${STORM}.json`;
  if (!existsSync(STORM) || !existsSync(account)) {
    mkdirSync(dirname(STORM), { recursive: true });
    console.error("recording the audit log of a storm …");
    const { lines, bytes, lostBefore, lostAfter } = await recordAudit(
      runs32Bit() ? "case-32" : "case",
      { count: 60_000, seconds: 100, rate: 0 },
      { output: STORM },
    );
    if (lines < 150_000) throw new Error(`bench: the storm left only ${lines} lines in the audit log`);
    writeFileSync(account, `${JSON.stringify({ lines, bytes, lost: lostAfter - lostBefore })}\n`);
  }
  const { lines, bytes, lost } = JSON.parse(readFileSync(account, "utf8"));
  const loss = lost === 0 ? "" : `, ${lost} records lost by the kernel`;
  return { path: STORM, lines, bytes, lost, title: titleOf("audit log of a storm", lines, bytes) + loss };
}

/** The storm goes on: its log again and again, each time with later times and higher serial numbers. */
export async function longLog() {
  const { path: once, lines } = await stormLog();
  if (!existsSync(LONG)) {
    const text = readFileSync(once, "latin1");
    const stamps = [...text.matchAll(/audit\((\d+)\.\d{3}:(\d+)\)/g)];
    const span = (of) => stamps.reduce((most, stamp) => Math.max(most, of(stamp)), 0) - of(stamps[0]) + 1;
    const [seconds, serials] = [span(([, second]) => Number(second)), span(([, , serial]) => Number(serial))];
    writeFileSync(LONG, "");
    for (let round = 0; round < TIMES; round++) {
      const later = text.replace(
        /audit\((\d+)\.(\d{3}):(\d+)\)/g,
        (_, second, ms, serial) =>
          `audit(${Number(second) + round * seconds}.${ms}:${Number(serial) + round * serials})`,
      );
      writeFileSync(LONG, later, { encoding: "latin1", flag: "a" });
    }
  }
  const size = statSync(LONG).size;
  return { path: LONG, bytes: size, title: titleOf("audit log of a storm", lines * TIMES, size) };
}

/** The same events, four a second: tools that hold the events of a while have few of them to hold. */
export async function quietLog() {
  const { path: storm, lines } = await stormLog();
  if (!existsSync(QUIET)) {
    let event = 0;
    let last = "";
    const text = readFileSync(storm, "latin1").replace(/audit\(([\d.]+:\d+)\)/g, (_, stamp) => {
      if (stamp !== last) event++;
      last = stamp;
      return `audit(${1_795_000_000 + Math.floor(event / 4)}.${String((event % 4) * 250).padStart(3, "0")}:${event})`;
    });
    writeFileSync(QUIET, text, "latin1");
  }
  const bytes = readFileSync(QUIET).length;
  return { path: QUIET, bytes, title: titleOf("quiet audit log, 4 events a second", lines, bytes) };
}

function titleOf(what, lines, bytes) {
  return `${what}, ${lines.toLocaleString("en")} lines, ${(bytes / 1e6).toFixed(0)} MB`;
}
