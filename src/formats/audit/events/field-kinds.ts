import { DECIMAL, ENCODED } from "../tables/field-kinds.ts";

/** How the value of a field is to be understood. */
export type FieldKind =
  | "encoded"
  | "decimal"
  | "uid"
  | "gid"
  | "session"
  | "arch"
  | "call"
  | "exit"
  | "signal"
  | "mode"
  | "capabilities"
  | "capability"
  | "address"
  | "result"
  | "key"
  | "title"
  | "seccomp"
  | "filter-list"
  | "permissions"
  | "map"
  | "open"
  | "uring"
  | "hook"
  | "netfilter-family"
  | "protocol"
  | "verdict"
  | "failure"
  | "promiscuous"
  | "personality";

const words = (text: string): string[] => text.split(" ");

/**
 * Fields by name. The published dictionary tells how a field is written (encoded, decimal); what its number means, by the kernel's
 * sources that write it (kernel/audit.c, auditsc.c, auditfilter.c; net/netfilter/xt_AUDIT.c) and audit-userspace's typetab.h.
 */
const KINDS = new Map<string, FieldKind>([
  ...words(DECIMAL).map((name): [string, FieldKind] => [name, "decimal"]),
  ...words(ENCODED).map((name): [string, FieldKind] => [name, "encoded"]),
  ...words("auid uid euid suid fsuid ouid oauid iuid id inode_uid sauid obj_uid old-auid new-auid").map(
    (name): [string, FieldKind] => [name, "uid"],
  ),
  ...words("gid egid sgid fsgid ogid igid inode_gid obj_gid new_gid").map((name): [string, FieldKind] => [name, "gid"]),
  ...words("ses oses old-ses new-ses").map((name): [string, FieldKind] => [name, "session"]),
  ...words(
    "cap_fi cap_fp cap_pi cap_pp cap_pe cap_pa fi fp pi pp pe pa old_pi old_pp old_pe old_pa new_pi new_pp new_pe new_pa",
  ).map((name): [string, FieldKind] => [name, "capabilities"]),
  ["arch", "arch"],
  ["syscall", "call"],
  ["per", "personality"],
  ["exit", "exit"],
  ["sig", "signal"],
  ["mode", "mode"],
  ["capability", "capability"],
  ["saddr", "address"],
  ["res", "result"],
  ["key", "key"],
  ["proctitle", "title"],
  ["list", "filter-list"],
  ["perm", "permissions"],
  ["perm_mask", "permissions"],
  ["oflag", "open"],
  ["uring_op", "uring"],
  ["hook", "hook"],
  ["proto", "protocol"],
  ["audit_failure", "failure"],
]);

/** The same names in records of these types mean something of their own. */
const BY_TYPE: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = {
  SECCOMP: { code: "seccomp" },
  MMAP: { flags: "map" },
  ANOM_PROMISCUOUS: { prom: "promiscuous", old_prom: "promiscuous" },
  NETFILTER_CFG: { family: "netfilter-family" },
  NETFILTER_PKT: { action: "verdict" },
  // Here `cmd=`, `data=` and so on are of programs; `id=` of these is the number of a BPF program or the like.
  BPF: { id: "decimal" },
};

/** Kind of a field, null for text as it is. */
export function kindOf(type: string, name: string): FieldKind | null {
  const own = BY_TYPE[type]?.[name];
  if (own !== undefined) return own;
  // EXECVE: a0 …, a17[1]; those of SYSCALL are read with their call.
  if (type === "EXECVE" && /^a\d+(?:\[\d+\])?$/.test(name)) return "encoded";
  return KINDS.get(name) ?? null;
}
