import { readFileSync, writeFileSync } from "node:fs";
import { orNull, startTicks, stateOf } from "./processes.mjs";
import { pause, run } from "./shell.mjs";

/** The key of every rule of the lab. */
export const KEY = "whoforks-lab";

const CALLS = "fork,vfork,clone,clone3,execve,execveat,exit,exit_group";

/** The lab's rules: calls that make, change and end processes, 64 and 32 bit, of what runs with this login uid. */
export const rules = (loginUid) =>
  ["b64", "b32"].map((arch) => ["always,exit", "-F", `arch=${arch}`, "-F", `auid=${loginUid}`, "-S", CALLS, "-k", KEY]);

/** Numbers of `auditctl -s` by name: enabled, pid, backlog_limit, backlog, lost, … */
export function auditStatus() {
  const fields = run("auditctl", ["-s"]).matchAll(/^(\w+) (\d+)/gm);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, Number(value)]));
}

/** Notes in the run's folder what to put back, so that the next run can if this one is killed. */
export function noteAudit(dir, note) {
  const file = `${dir}/lab.json`;
  const all = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...all, audit: { ...all.audit, ...note } }));
}

/**
 * Takes the lab's rules away, ends the auditd that the lab started (by its id and start time) and puts the kernel's
 * former flag and backlog back. Does nothing for a folder without a note of audit.
 */
export function restoreAudit(dir) {
  const text = orNull(() => readFileSync(`${dir}/lab.json`, "utf8"));
  const audit = text === null ? undefined : JSON.parse(text).audit;
  if (audit === undefined || audit.restored) return;
  const present = run("auditctl", ["-l"]);
  if (present.includes(`key=${KEY}`) && present.includes(`auid=${audit.loginUid}`)) {
    for (const rule of rules(audit.loginUid)) run("auditctl", ["-d", ...rule]);
  }
  if (audit.auditd !== undefined && startTicks(audit.auditd.pid) === audit.auditd.ticks) {
    process.kill(audit.auditd.pid, "SIGTERM");
    const same = () => startTicks(audit.auditd.pid) === audit.auditd.ticks && stateOf(audit.auditd.pid) !== "Z";
    for (let round = 0; round < 500 && same(); round++) pause(10);
  }
  run("auditctl", ["-b", String(audit.former.backlog_limit)]);
  run("auditctl", ["-e", String(audit.former.enabled)]);
  noteAudit(dir, { restored: true });
}
