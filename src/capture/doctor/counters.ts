import { existsSync } from "node:fs";
import type { Check, Note } from "../../model/doctor.ts";
import { hierarchies } from "../cgroup/hierarchies.ts";
import { check, note } from "./check.ts";
import { hidepid } from "../procfs/limits.ts";
import { textOf, type Circumstances } from "./circumstances.ts";

/** /proc itself: who lives, and how many were forked. hidepid (proc(5)) hides the processes of others from all but root. */
export function procfsCheck(now: Circumstances): Check {
  const gives = ["names", "counts"] as const;
  if (textOf("/proc/stat") === null)
    return check("procfs", "unusable", {
      gives,
      notes: [note("no-proc")],
      command: ["mount", "-t", "proc", "proc", "/proc"],
      undo: ["umount", "/proc"],
    });
  const notes: Note[] = [note("proc-short-lives")];
  const hidden = hidepid();
  if (!now.root) notes.push(note("proc-others"));
  if (hidden !== null && !now.root) notes.push(note("hidepid", { value: hidden }));
  return check("procfs", "remark", { gives, notes });
}

/** The CPU time that the kernel adds up for whole cgroups, dead processes included. */
export function cgroupCheck(): Check {
  const gives = ["cpu-of-groups"] as const;
  const found = hierarchies();
  const notes = found.map(({ kind, dir }) => note(kind === "unified" ? "cgroup-v2" : "cgroup-v1", { dir }));
  if (found.length > 0) return check("cgroup", "usable", { gives, notes });
  return check("cgroup", "unusable", {
    gives,
    notes: [note("no-cgroup")],
    command: ["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"],
    undo: ["umount", "/sys/fs/cgroup"],
  });
}

/** Pressure stall information (Documentation/accounting/psi.rst). */
export function psiCheck(now: Circumstances): Check {
  const gives = ["stalls"] as const;
  if (textOf("/proc/pressure/cpu") !== null) return check("psi", "usable", { gives });
  const built = existsSync("/proc/pressure") || now.config("PSI") === true;
  return check("psi", "unusable", { gives, notes: [note(built ? "psi-off" : "no-psi")] });
}

/** BSD process accounting (acct(5)). The kernel does not tell whether it is on; whoever switched it on knows the file. */
export function accountingCheck(now: Circumstances): Check {
  const gives = ["names", "exit-codes", "cpu-of-dead"] as const;
  if (!existsSync("/proc/sys/kernel/acct"))
    return check("accounting", "unusable", {
      gives,
      notes: [note("no-accounting")],
    });
  if (!now.root) return check("accounting", "unusable", { gives, notes: [note("needs-root")], needsRoot: true });
  const file = ["/var/log/account/pacct", "/var/account/pacct"].find((path) => existsSync(path));
  const accton = ["/usr/sbin/accton", "/sbin/accton"].some((path) => existsSync(path));
  if (file !== undefined && accton) {
    return check("accounting", "remark", {
      gives,
      notes: [note("accounting-file", { file })],
      command: ["accton", file],
      undo: ["accton", "off"],
    });
  }
  const apt = existsSync("/usr/bin/apt-get");
  return check("accounting", "remark", {
    gives,
    notes: [note("accounting-unused")],
    command: accton ? ["accton", "on"] : apt ? ["apt-get", "install", "acct"] : null,
    undo: accton ? ["accton", "off"] : apt ? ["apt-get", "purge", "acct"] : null,
  });
}
