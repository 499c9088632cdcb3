import { readFileSync } from "node:fs";
import { readSmall } from "../procfs/read-small.ts";
import { insideContainer } from "../procfs/container.ts";
import { libC, type NoLibC } from "../../platform/ffi.ts";
import type { Check } from "../../model/doctor.ts";
import { check, note } from "./check.ts";
import { kernelConfig } from "../procfs/kernel-config.ts";

/** CAP_SYS_ADMIN, needed to mount and for tracefs; CAP_NET_ADMIN, for the proc connector; for audit its two (linux/capability.h). */
const SYS_ADMIN = 21n;
const NET_ADMIN = 12n;
const AUDIT_CONTROL = 30n;
const AUDIT_READ = 37n;

/** What several checks need to know. */
export interface Circumstances {
  root: boolean;
  /** Root without the capability is root of a container. */
  sysAdmin: boolean;
  netAdmin: boolean;
  auditControl: boolean;
  auditRead: boolean;
  initialPidNamespace: boolean;
  initialUserNamespace: boolean;
  /** The word in brackets of /sys/kernel/security/lockdown; null where there is none. */
  lockdown: string | null;
  config: (option: string) => boolean | null;
  koffi: NoLibC | null;
}

export function circumstances(release: string): Circumstances {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf("/proc/self/status") ?? "")?.[1];
  const capabilities = BigInt(`0x${effective ?? "0"}`);
  const has = (bit: bigint): boolean => ((capabilities >> bit) & 1n) === 1n;
  const c = libC();
  return {
    root: process.geteuid?.() === 0,
    sysAdmin: has(SYS_ADMIN),
    netAdmin: has(NET_ADMIN),
    auditControl: has(AUDIT_CONTROL),
    auditRead: has(AUDIT_READ),
    initialPidNamespace: insideContainer() === null,
    // All numbers mapped to themselves: `0 0 4294967295`.
    initialUserNamespace: /^\s*0\s+0\s+4294967295\s*$/.test(textOf("/proc/self/uid_map") ?? "0 0 4294967295"),
    lockdown: /\[(\w+)\]/.exec(textOf("/sys/kernel/security/lockdown") ?? "")?.[1] ?? null,
    config: kernelConfig(release),
    koffi: "missing" in c ? c : null,
  };
}

export function rootCheck({ root, sysAdmin }: Circumstances): Check {
  if (!root) {
    return check("root", "remark", {
      notes: [note("not-root")],
      needsRoot: true,
      command: ["sudo", "whoforks", "doctor"],
    });
  }
  return sysAdmin ? check("root", "usable") : check("root", "remark", { notes: [note("no-sys-admin")] });
}

export function namespacesCheck({ initialPidNamespace, initialUserNamespace }: Circumstances): Check {
  if (initialPidNamespace && initialUserNamespace) return check("namespaces", "usable");
  return check("namespaces", "remark", { notes: [note("in-container"), note("container-flags")] });
}

export function lockdownCheck({ lockdown }: Circumstances): Check {
  if (lockdown === "confidentiality") return check("lockdown", "unusable", { notes: [note("confidentiality")] });
  return check("lockdown", "usable", {
    notes: lockdown === null || lockdown === "none" ? [] : [note("lockdown", { mode: lockdown })],
  });
}

export function koffiCheck({ koffi }: Circumstances): Check {
  if (koffi === null) return check("koffi", "usable");
  return check("koffi", "remark", {
    notes: [note("no-koffi", { why: koffi.why })],
    command: koffi.missing === "package" ? ["npm", "install", "koffi@3"] : null,
    undo: koffi.missing === "package" ? ["npm", "uninstall", "koffi"] : null,
  });
}

/** A small file as text, or null when it is not there or may not be read. */
export function textOf(path: string): string | null {
  return readSmall(path)?.toString("latin1") ?? null;
}

/** A file of any size as text; for those of /proc that come in several pieces. */
export function wholeTextOf(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // Not there, or not permitted: unknown either way.
    return null;
  }
}
