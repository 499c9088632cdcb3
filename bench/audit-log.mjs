// Reading audit logs beside aureport, ausearch and laurel on the same files.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { longLog, quietLog, stormLog, whoforks } from "./logs.mjs";
import { cpuMs, pairs, wallMs } from "./pairs.mjs";

/**
 * `aureport -p --summary` walks a list of all PIDs for each record. It is stopped after this time, or after the seconds that
 * WHOFORKS_BENCH_PATIENCE names: some twenty minutes show whether it takes a thousand times as long.
 */
const PATIENCE_MS = Number(process.env.WHOFORKS_BENCH_PATIENCE ?? 180) * 1000;

export async function auditLog() {
  const storm = await stormLog();
  const long = await longLog();
  const quiet = await quietLog();
  const diagnose = (log) => whoforks("diagnose", "-q", "--json", "--from", log.path);
  const aureport = (report, log) => ["aureport", report, "--summary", "-if", log.path];
  const ausearch = ["ausearch", "-i", "-if", quiet.path];
  return [
    row(storm.title, pairs(diagnose(storm), aureport("-x", storm), 1), "aureport -x --summary", 40),
    row(long.title, pairs(diagnose(long), aureport("-x", long), 1), "aureport -x --summary", 40),
    withoutWaiting(storm, diagnose(storm), aureport("-p", storm)),
    ...besideLaurel(long, diagnose),
    row(quiet.title, pairs(diagnose(quiet), aureport("-x", quiet), 1), "aureport -x --summary", 1 / 1.2),
    row(quiet.title, pairs(diagnose(quiet), ausearch, 1), "ausearch -i", 4),
    row(
      `${quiet.title}, whoforks events`,
      pairs(whoforks("events", "-q", "--from", quiet.path), ausearch, 1),
      "ausearch -i",
      1,
    ),
  ];
}

/** A rival that is stopped after a while: how many times faster at least. */
function withoutWaiting(log, ours, [command, ...args]) {
  const own = wallMs(ours);
  const started = performance.now();
  const { error } = spawnSync(command, args, { stdio: "ignore", timeout: PATIENCE_MS });
  const took = performance.now() - started;
  if (error === undefined) return row(log.title, { a: own, b: took, ratio: took / own }, "aureport -p --summary", 1000);
  return {
    what: log.title,
    ours: `${own.toFixed(0)} ms`,
    rival: `aureport -p --summary: not done after ${(took / 1000).toFixed(0)} s`,
    ratio: `more than ${(took / own).toFixed(0)} × faster`,
    hold: "≥ 1000 ×",
    held: took / own >= 1000 ? true : null,
  };
}

/** CPU for each byte of input: laurel is a daemon that is fed as things happen, so its wall time says nothing. */
function besideLaurel(log, diagnose) {
  if (spawnSync("laurel", ["--version"]).error !== undefined) {
    console.log("laurel: not measured, it is not installed");
    return [];
  }
  const dir = mkdtempSync(join(tmpdir(), "whoforks-bench-"));
  try {
    const config = join(dir, "laurel.toml");
    const output = `[auditlog]\nfile = "audit.log"\nsize = 4000000000\ngenerations = 1\n`;
    writeFileSync(config, `directory = ${JSON.stringify(dir)}\nuser = "root"\n${output}`);
    const theirs = cpuMs(["laurel", "-c", config], log.path);
    const own = cpuMs(diagnose(log));
    const each = (ms) => `${((ms * 1e6) / log.bytes).toFixed(1)} ns of CPU a byte`;
    return [
      {
        what: log.title,
        ours: each(own),
        rival: `laurel: ${each(theirs)}`,
        ratio: `${(theirs / own).toFixed(1)} × less CPU`,
        hold: "≥ 6 ×",
        held: theirs / own >= 6,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function row(what, { a, b, ratio }, rival, least) {
  return {
    what,
    ours: `${a.toFixed(0)} ms`,
    rival: `${rival}: ${(b / 1000).toFixed(1)} s`,
    ratio: `${ratio.toFixed(ratio < 10 ? 1 : 0)} × faster`,
    hold: `≥ ${Number(least.toFixed(2))} ×`,
    held: ratio >= least,
  };
}
