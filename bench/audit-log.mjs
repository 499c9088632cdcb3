// Diagnosing the audit log of a real storm, recorded by auditd in the lab, beside aureport on the same file.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { recordAudit } from "../lab/audit.mjs";
import { pairs } from "./pairs.mjs";

const BIN = fileURLToPath(new URL("../bin/whoforks", import.meta.url));
const LOG = fileURLToPath(new URL("../.cache/bench/storm.log", import.meta.url));
/** `aureport -p --summary` keeps a sorted list of PIDs and is quadratic: a cut of this many lines is what it can bear. */
const CUT_LINES = 60_000;

export async function auditLog() {
  await ensureLog();
  const diagnose = (file) => [process.execPath, BIN, "diagnose", "--json", "--from", file];
  const lines = countLines(LOG);
  const megabytes = (statSync(LOG).size / 1e6).toFixed(0);
  const name = `${lines.toLocaleString("en")} lines, ${megabytes} MB`;
  const x = pairs(diagnose(LOG), ["aureport", "-x", "--summary", "-if", LOG], 3);
  const cut = `${LOG}.cut`;
  cutLines(LOG, cut, CUT_LINES);
  const p = pairs(diagnose(cut), ["aureport", "-p", "--summary", "-if", cut], 1);
  rmSync(cut);
  return [
    row(`audit log, ${name}`, x, "aureport -x --summary", 40),
    row(`audit log, first ${CUT_LINES.toLocaleString("en")} lines`, p, "aureport -p --summary", 1000),
  ];
}

function row(what, { a, b, ratio }, rival, least) {
  return {
    what,
    ours: `${a.toFixed(0)} ms`,
    rival: `${rival}: ${(b / 1000).toFixed(1)} s`,
    ratio: `${ratio.toFixed(0)} × faster`,
    hold: `≥ ${least} ×`,
    held: ratio >= least,
  };
}

/** A storm of the lab, long enough for 150,000 lines; kept, since recording takes a while. */
async function ensureLog() {
  if (existsSync(LOG) && countLines(LOG) >= 150_000) return;
  mkdirSync(dirname(LOG), { recursive: true });
  console.error("recording the audit log of a storm …");
  const { lines, lostAfter, lostBefore } = await recordAudit(
    "case-32",
    { count: 60_000, seconds: 100, rate: 3000 },
    { output: LOG },
  );
  console.error(`${lines} lines, ${lostAfter - lostBefore} records lost by the kernel`);
}

function countLines(file) {
  const fd = openSync(file, "r");
  const buffer = Buffer.allocUnsafe(1 << 20);
  let lines = 0;
  for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
    for (let at = buffer.indexOf(10); at !== -1 && at < got; at = buffer.indexOf(10, at + 1)) lines++;
  }
  closeSync(fd);
  return lines;
}

function cutLines(from, to, count) {
  const bytes = readFileSync(from);
  let at = 0;
  for (let line = 0; line < count && at !== -1; line++) at = bytes.indexOf(10, at) + 1 || -1;
  writeFileSync(to, bytes.subarray(0, at === -1 ? bytes.length : at));
}
