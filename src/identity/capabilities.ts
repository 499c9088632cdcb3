import { libC } from "../platform/ffi.ts";

/** Capabilities of a file, as bits of include/uapi/linux/capability.h. */
export interface FileCapabilities {
  permitted: bigint;
  inheritable: bigint;
  /** One bit for all of them (VFS_CAP_FLAGS_EFFECTIVE). */
  effective: boolean;
}

const ATTRIBUTE = "security.capability";
const LARGEST = 64;
const EFFECTIVE = 1;
/** Bytes after the first word: one pair of words in revision 1, two in 2, two and a user id in 3. */
const LENGTHS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 20 };
const ENODATA = 61;

/**
 * The capabilities of an open file by its extended attribute (capabilities(7), struct vfs_ns_cap_data). Null: it has none;
 * undefined: that cannot be told (no koffi, a file system without attributes, an attribute that is none).
 */
export function capabilitiesOf(fd: number): FileCapabilities | null | undefined {
  const c = libC();
  if ("missing" in c) return undefined;
  const value = Buffer.alloc(LARGEST);
  const length = c.fgetxattr(fd, ATTRIBUTE, value, value.length);
  if (length < 0) return c.errno() === ENODATA ? null : undefined;
  return readCapabilities(value.subarray(0, length)) ?? undefined;
}

/** Reads the bytes of the attribute, little-endian whatever the machine; null when they are of no known form. */
export function readCapabilities(value: Buffer): FileCapabilities | null {
  if (value.length < 4) return null;
  const magic = value.readUInt32LE(0);
  const revision = magic >>> 24;
  if (value.length !== 4 + (LENGTHS[revision] ?? -1)) return null;
  const word = (at: number): bigint => (at + 4 <= 4 + (revision === 1 ? 8 : 16) ? BigInt(value.readUInt32LE(at)) : 0n);
  return {
    permitted: word(4) | (word(12) << 32n),
    inheritable: word(8) | (word(16) << 32n),
    effective: (magic & EFFECTIVE) !== 0,
  };
}

/** By number (include/uapi/linux/capability.h), without `cap_`. */
const NAMES =
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
    .split(" ")
    .map((name) => `cap_${name}`);

/** As getcap(8) prints them: `cap_net_admin,cap_net_raw=ep`, groups of equal flags apart by a blank; "" for none. */
export function capabilityText({ permitted, inheritable, effective }: FileCapabilities): string {
  const groups = new Map<string, string[]>();
  for (let bit = 0; bit < 64; bit++) {
    const has = (set: bigint): boolean => ((set >> BigInt(bit)) & 1n) === 1n;
    const [p, i] = [has(permitted), has(inheritable)];
    const flags = `${effective && (p || i) ? "e" : ""}${i ? "i" : ""}${p ? "p" : ""}`;
    if (flags === "") continue;
    groups.set(flags, [...(groups.get(flags) ?? []), NAMES[bit] ?? String(bit)]);
  }
  return [...groups].map(([flags, names]) => `${names.join(",")}=${flags}`).join(" ");
}

/**
 * Reads the text form that packages record (cap_from_text(3)): clauses of names, then `=`, `+` or `-` with flags. All known
 * capabilities where the list is `all` or empty. Null when it is of no such form.
 */
export function parseCapabilities(text: string): FileCapabilities | null {
  const sets = { e: 0n, i: 0n, p: 0n };
  const all = (1n << BigInt(NAMES.length)) - 1n;
  for (const clause of text.trim().split(/\s+/)) {
    if (clause === "") continue;
    const [, list = "", actions = ""] = /^([a-z0-9_,]*)((?:[=+-][eip]*)+)$/.exec(clause.toLowerCase()) ?? [];
    if (actions === "") return null;
    let bits = 0n;
    for (const name of list === "" || list === "all" ? [] : list.split(",")) {
      const number = /^\d{1,2}$/.test(name) ? Number(name) : NAMES.indexOf(name);
      if (number < 0 || number > 63) return null;
      bits |= 1n << BigInt(number);
    }
    if (list === "" || list === "all") bits = all;
    for (const [, operator, flags = ""] of actions.matchAll(/([=+-])([eip]*)/g)) {
      if (operator === "=") for (const flag of ["e", "i", "p"] as const) sets[flag] &= ~bits;
      for (const flag of flags as Iterable<"e" | "i" | "p">) {
        if (operator === "-") sets[flag] &= ~bits;
        else sets[flag] |= bits;
      }
    }
  }
  return { permitted: sets.p, inheritable: sets.i, effective: sets.e !== 0n };
}

/** Whether two files would run with the same capabilities. */
export function sameCapabilities(a: FileCapabilities, b: FileCapabilities): boolean {
  return a.permitted === b.permitted && a.inheritable === b.inheritable && (a.effective === b.effective || isNone(a));
}

/** Whether it gives nothing. */
export function isNone({ permitted, inheritable }: FileCapabilities): boolean {
  return permitted === 0n && inheritable === 0n;
}
