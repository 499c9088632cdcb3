// Records a real audit log with the real auditd while a scenario runs: node lab/audit.mjs SCENARIO -o FILE [options]
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { KEY, auditStatus, noteAudit, restoreAudit, rules } from "./audit-state.mjs";
import { OPTIONS, clearLeftovers, startScenario, stopAll } from "./lab.mjs";
import { makeFolder, removeFolder } from "./overlay.mjs";
import { orNull, startTicks } from "./processes.mjs";
import { run, until } from "./shell.mjs";
import { underWay } from "./under-way.mjs";

/** A login uid that no person has: the lab's processes bear it, and the rules ask for it. */
const LOGIN_UID = 77_017;

const CONFIGURATION = (dir) => `local_events = yes
write_logs = yes
log_file = ${dir}/audit.log
log_format = RAW
flush = INCREMENTAL_ASYNC
freq = 100
max_log_file = 4000
max_log_file_action = IGNORE
num_logs = 0
priority_boost = 4
name_format = NONE
space_left = 75
space_left_action = IGNORE
admin_space_left = 50
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
distribute_network = no
q_depth = 20000
overflow_action = IGNORE
plugin_dir = ${dir}/plugins.d
`;

/**
 * Runs a scenario to its end (or while `during` lasts) and writes what auditd logged of it to `output`.
 * With an auditd already at work its log is used: the lab adds its rules and takes its own events from there.
 * @returns {Promise<object>} log, bytes, lines, byType, lostBefore, lostAfter (kernel's counter), auditd, truth
 */
export async function recordAudit(name, options, { output, during = null }) {
  clearLeftovers();
  const dir = makeFolder({ scenario: `audit of ${name}` });
  const undo = () => {
    restoreAudit(dir);
    removeFolder(dir);
    underWay.delete(undo);
  };
  underWay.add(undo);
  try {
    const former = auditStatus();
    noteAudit(dir, { former, loginUid: LOGIN_UID });
    const logger = former.pid === 0 ? await startAuditd(dir) : joinAuditd(former.pid);
    run("auditctl", ["-b", String(Math.max(former.backlog_limit, 65_536))]);
    for (const rule of rules(LOGIN_UID)) run("auditctl", ["-a", ...rule]);
    run("auditctl", ["-e", "1"]);
    const scenario = await startScenario(name, options, { loginUid: LOGIN_UID });
    if (during === null) await storms(scenario);
    else await during(scenario);
    const truth = await scenario.stop();
    await settled(logger.log);
    const lostAfter = auditStatus().lost;
    if (logger.own) copyFileSync(logger.log, output);
    else writeFileSync(output, run("ausearch", ["-if", logger.log, "-k", KEY, "--raw"], { maxBuffer: 1 << 30 }));
    return {
      log: resolve(output),
      ...counts(output),
      lostBefore: former.lost,
      lostAfter,
      auditd: logger.own ? "own" : "the host's",
      truth,
    };
  } finally {
    undo();
  }
}

async function startAuditd(dir) {
  mkdirSync(`${dir}/plugins.d`);
  writeFileSync(`${dir}/auditd.conf`, CONFIGURATION(dir), { mode: 0o640 });
  const auditd = spawn("auditd", ["-n", "-c", dir, "-s", "nochange"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let complaint = "";
  auditd.stderr.on("data", (bytes) => (complaint += bytes));
  noteAudit(dir, { auditd: { pid: auditd.pid, ticks: startTicks(auditd.pid) } });
  const ready = await until(() => auditd.exitCode !== null || auditStatus().pid === auditd.pid, 10_000, 50);
  if (ready === null || auditd.exitCode !== null) throw new Error(`lab: auditd did not start: ${complaint}`);
  return { log: `${dir}/audit.log`, own: true };
}

/** Where the auditd that already runs writes: the only regular file it holds open. */
function joinAuditd(pid) {
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => orNull(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
  const log = open.find((path) => path?.startsWith("/") && statSync(path, { throwIfNoEntry: false })?.isFile());
  if (log === undefined) throw new Error(`lab: auditd ${pid} runs already and writes no log`);
  return { log, own: false };
}

async function storms({ options, ended }) {
  await until(ended, (options.delay + options.seconds) * 1000 + 200, 20);
}

/** Until the kernel's queue is empty and the file has stopped growing. */
async function settled(log) {
  let size = -1;
  let quiet = 0;
  await until(
    () => {
      const now = statSync(log).size;
      quiet = now === size && auditStatus().backlog === 0 ? quiet + 1 : 0;
      size = now;
      return quiet >= 3;
    },
    120_000,
    100,
  );
}

function counts(file) {
  const byType = {};
  const lines = readFileSync(file, "latin1").split("\n").slice(0, -1);
  for (const line of lines) {
    const type = /^type=(\S+)/.exec(line)?.[1] ?? "unreadable";
    byType[type] = (byType[type] ?? 0) + 1;
  }
  return { bytes: statSync(file).size, lines: lines.length, byType };
}

const USAGE = `node lab/audit.mjs SCENARIO -o FILE [--seconds N] [--rate N] …

Runs a scenario of the lab under the real auditd and writes the log to FILE. Options as of lab/run.mjs;
chains go at 2000 forks a second unless --rate says otherwise.
`;

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      stopAll();
      process.exit(130);
    });
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o" },
      help: { type: "boolean" },
      ...Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: "string" }])),
    },
  });
  if (values.help || positionals.length !== 1 || values.output === undefined) {
    process.stdout.write(USAGE);
    process.exitCode = values.help ? 0 : 2;
  } else {
    const given = Object.keys(OPTIONS).filter((name) => values[name] !== undefined);
    const options = { rate: 2000, ...Object.fromEntries(given.map((name) => [name, Number(values[name])])) };
    try {
      const result = await recordAudit(positionals[0], options, { output: values.output });
      process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    } catch (error) {
      console.error(error.message);
      process.exitCode = error instanceof RangeError ? 2 : 1;
    }
  }
}
