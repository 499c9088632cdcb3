import type { Abi } from "../model/events.ts";
import { PROCESS_CALLS } from "./tables/process-calls.ts";

/** What a system call does to processes, as far as events go. */
export const ACTION = { none: 0, fork: 1, clone: 2, clone3: 3, exec: 4, exit: 5, exitGroup: 6, kill: 7 } as const;

/** One `arch=` value: how its system call numbers are to be read. */
export interface AuditArch {
  /** Small number, unlike that of every other ABI; 0 is no ABI. */
  id: number;
  abi: Abi;
  /** ACTION by system call number. */
  actions: Uint8Array;
  /** x32 calls come as `arch=c000003e` with bit 0x40000000 in the number. */
  x32: AuditArch | null;
  /** s390 hands clone its flags second (CONFIG_CLONE_BACKWARDS2). */
  cloneFlagsInA1: boolean;
}

/** AUDIT_ARCH_* (include/uapi/linux/audit.h): ELF machine, 0x80000000 for 64 bits, 0x40000000 for little-endian. */
const MACHINES: Readonly<Record<string, string>> = {
  c000003e: "x86_64",
  "40000003": "i386",
  c00000b7: "aarch64",
  "40000028": "arm",
  "28": "armeb",
  c0000015: "ppc64le",
  "80000015": "ppc64",
  "14": "ppc",
  "80000016": "s390x",
  "16": "s390",
  c00000f3: "riscv64",
  "400000f3": "riscv32",
  c0000102: "loongarch64",
  "40000008": "mipsel",
  "8": "mips",
  c0000008: "mipsel64",
  "80000008": "mips64",
  c0000032: "ia64",
  c0009026: "alpha",
  "80000002": "sparc64",
  "2": "sparc",
};
/** Machines that number their calls as another one does. */
const NUMBERED_AS: Readonly<Record<string, string>> = {
  armeb: "arm",
  ppc64le: "ppc64",
  ppc: "ppc64",
  s390: "s390x",
  riscv32: "riscv64",
  loongarch64: "riscv64",
};
const ACTION_OF: Readonly<Record<string, number>> = {
  fork: ACTION.fork,
  vfork: ACTION.fork,
  clone: ACTION.clone,
  clone3: ACTION.clone3,
  execve: ACTION.exec,
  execveat: ACTION.exec,
  exit: ACTION.exit,
  exit_group: ACTION.exitGroup,
  kill: ACTION.kill,
};

/** Name of the system call table that a machine uses, or null when there is none here. */
export function tableOf(machine: string): string | null {
  const table = NUMBERED_AS[machine] ?? machine;
  return Object.hasOwn(PROCESS_CALLS, table) ? table : null;
}

/** The `arch=` number of a machine by its name (`x86_64`), for logs whose numbers somebody made names of; null for unknown ones. */
export function archOfMachine(machine: string): number | null {
  for (const [hex, name] of Object.entries(MACHINES)) if (name === machine) return Number.parseInt(hex, 16);
  return null;
}

/** Number of a system call that concerns processes, by its name; null for all others. */
export function processCall(machine: string, name: string): number | null {
  const table = PROCESS_CALLS[tableOf(machine) ?? ""] ?? {};
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

const known = new Map<number, AuditArch>();
let nextId = 1;

/** The ABI behind an `arch=` number. Numbers never heard of get the machine name `arch-HEX` and no process calls. */
export function auditArch(arch: number): AuditArch {
  let found = known.get(arch);
  if (found === undefined) {
    const hex = arch.toString(16);
    const machine = MACHINES[hex] ?? `arch-${hex}`;
    // Hostile logs name many numbers; only those with a machine are remembered.
    found = describe(machine, arch & 0x80000000 ? 64 : 32);
    if (machine === "x86_64") found.x32 = describe("x32", 32);
    if (known.size < 64) known.set(arch, found);
  }
  return found;
}

function describe(machine: string, bits: 32 | 64): AuditArch {
  const actions = new Uint8Array(1024);
  const table = tableOf(machine);
  if (table !== null)
    for (const [name, number] of Object.entries(PROCESS_CALLS[table] ?? {}))
      actions[number] = ACTION_OF[name] ?? ACTION.none;
  return {
    id: nextId++,
    abi: { machine, bits },
    actions,
    x32: null,
    cloneFlagsInA1: machine === "s390x" || machine === "s390",
  };
}
