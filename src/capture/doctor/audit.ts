import { existsSync } from "node:fs";
import type { Check, Gift, Note } from "../../model/doctor.ts";
import { fromBytes } from "../../model/text.ts";
import { libC } from "../../platform/ffi.ts";
import { auditStatus, type AuditStatus } from "../netlink/audit-status.ts";
import { readSmall } from "../procfs/read-small.ts";
import { auditWindowCheck } from "./audit-window.ts";
import { check, note } from "./check.ts";
import { textOf, type Circumstances } from "./circumstances.ts";

const GIVES: readonly Gift[] = ["forks", "names", "argv", "exit-codes", "losses-counted"];
const CALLS = "clone,clone3,fork,vfork,execve,execveat,exit,exit_group";
/** The key marks the rules, so that they can be taken away again by it. */
const KEY = "whoforks";
const RULES = ["auditctl", "-a", "always,exit", "-F", "arch=b64", "-S", CALLS, "-k", KEY];

/** Both ways to audit records: those that a live run makes, and those that the host's own rules make for `--from`. */
export function auditChecks(now: Circumstances): Check[] {
  const built = textOf("/proc/self/loginuid") !== null || now.config("AUDITSYSCALL") === true;
  const c = now.root && built ? libC() : null;
  const status = c === null || "missing" in c ? null : auditStatus(c);
  return [auditWindowCheck(now, status, built), auditCheck(now, status, built)];
}

/** Audit records, whose logs `diagnose --from` reads: the kernel's switch and rules, and who writes them down. */
function auditCheck(now: Circumstances, status: AuditStatus | null, built: boolean): Check {
  if (!built) return check("audit", "unusable", { gives: GIVES, notes: [note("no-audit")] });
  if (!now.root)
    return check("audit", "unusable", {
      gives: GIVES,
      notes: [note("needs-root")],
      needsRoot: true,
      command: ["sudo", "whoforks", "doctor"],
    });
  if (status === null) {
    const notes = [note(now.koffi !== null ? "audit-needs-koffi" : "audit-silent")];
    return check("audit", "remark", { gives: GIVES, notes, command: ["auditctl", "-s"] });
  }
  return check("audit", stateOf(status), { gives: GIVES, notes: notesOf(status), ...wayOut(status) });
}

function stateOf({ enabled, pid, rules }: AuditStatus): Check["state"] {
  if (enabled === 0 || pid === 0 || rules === 0) return enabled === 2 && rules === 0 ? "unusable" : "remark";
  return "usable";
}

function notesOf({ enabled, pid, lost, rules }: AuditStatus): Note[] {
  const daemon = pid === 0 ? null : nameOf(pid);
  return [
    note(["audit-off", "audit-on", "audit-locked"][enabled] ?? "audit-on"),
    rules === null ? note("audit-rules-unknown") : note("audit-rules", { rules }),
    daemon === null ? note("audit-no-daemon") : note("audit-daemon", { daemon, pid }),
    ...(lost > 0 ? [note("audit-lost", { lost })] : []),
  ];
}

/** The next step: a daemon, then the switch, then rules. What is locked can be changed by a boot only. */
function wayOut({ enabled, pid, rules }: AuditStatus): Partial<Check> {
  if (enabled === 2) return {};
  if (pid === 0) return existsSync("/usr/sbin/auditd") || existsSync("/sbin/auditd") ? startDaemon() : installDaemon();
  if (enabled === 0) return { command: ["auditctl", "-e", "1"], undo: ["auditctl", "-e", "0"] };
  if (rules === 0) return { command: RULES, undo: ["auditctl", "-D", "-k", KEY] };
  return {};
}

function startDaemon(): Partial<Check> {
  // auditd refuses a stop by systemctl; its service script does not.
  return { command: ["service", "auditd", "start"], undo: ["service", "auditd", "stop"] };
}

function installDaemon(): Partial<Check> {
  if (existsSync("/usr/bin/apt-get"))
    return { command: ["apt-get", "install", "auditd"], undo: ["apt-get", "purge", "auditd"] };
  if (existsSync("/usr/bin/dnf")) return { command: ["dnf", "install", "audit"], undo: ["dnf", "remove", "audit"] };
  return {};
}

function nameOf(pid: number): string {
  const line = readSmall(`/proc/${pid}/comm`, 64);
  return line === null || line.length === 0 ? "?" : fromBytes(line.subarray(0, line.length - 1));
}
