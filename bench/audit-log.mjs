// Diagnosing the audit log of a real storm, recorded by auditd in the lab, beside aureport on the same file.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { recordAudit } from "../lab/audit.mjs";
import { runs32Bit } from "../lab/kernel-abi.mjs";
import { pairs } from "./pairs.mjs";

const BIN = fileURLToPath(new URL("../bin/whoforks", import.meta.url));
const LOG = fileURLToPath(new URL("../.cache/bench/full-speed.log", import.meta.url));

/** `aureport -p --summary` walks a list of all PIDs for each record: it takes minutes, so it runs once. */
export async function auditLog() {
  const { lines, bytes, lost } = await ensureLog();
  const whoforks = [process.execPath, BIN, "diagnose", "--json", "--from", LOG];
  const aureport = (report) => ["aureport", report, "--summary", "-if", LOG];
  const loss = lost === 0 ? "" : `, ${lost} records lost by the kernel`;
  const what = `audit log, ${lines.toLocaleString("en")} lines, ${(bytes / 1e6).toFixed(0)} MB${loss}`;
  return [
    row(what, pairs(whoforks, aureport("-x"), 3), "aureport -x --summary", 40),
    row(what, pairs(whoforks, aureport("-p"), 1), "aureport -p --summary", 1000),
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

/** The log of the case's own storm, as fast as it goes; kept, with the account of its recording beside it. */
async function ensureLog() {
  const account = `${LOG}.json`;
  if (existsSync(LOG) && existsSync(account)) return JSON.parse(readFileSync(account, "utf8"));
  mkdirSync(dirname(LOG), { recursive: true });
  console.error("recording the audit log of a storm …");
  const { lines, bytes, lostBefore, lostAfter } = await recordAudit(
    runs32Bit() ? "case-32" : "case",
    { count: 60_000, seconds: 100, rate: 0 },
    { output: LOG },
  );
  if (lines < 150_000) throw new Error(`bench: the storm left only ${lines} lines in the audit log`);
  const told = { lines, bytes, lost: lostAfter - lostBefore };
  writeFileSync(account, `${JSON.stringify(told)}\n`);
  return told;
}
