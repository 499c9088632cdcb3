/** e_machine by the names that uname(2) and audit use (numbers: include/uapi/linux/elf-em.h). */
const MACHINES: Readonly<Record<number, string | { 32: string; 64: string }>> = {
  2: "sparc",
  3: "i386",
  4: "m68k",
  8: { 32: "mips", 64: "mips64" },
  15: { 32: "parisc", 64: "parisc64" },
  18: "sparc32plus",
  20: "ppc",
  21: "ppc64",
  22: { 32: "s390", 64: "s390x" },
  40: "arm",
  42: "sh",
  43: "sparc64",
  50: "ia64",
  // The class tells x86_64 from x32: 32-bit pointers, but the 64-bit instruction set.
  62: { 32: "x32", 64: "x86_64" },
  183: "aarch64",
  243: { 32: "riscv32", 64: "riscv64" },
  247: "bpf",
  258: { 32: "loongarch32", 64: "loongarch64" },
  0x9026: "alpha",
};

const TYPES: readonly string[] = ["NONE", "REL", "EXEC", "DYN", "CORE"];

/** Name of e_machine, or `machine-N` for one that is not in the table. */
export function machineName(machine: number, bits: 32 | 64): string {
  const name = MACHINES[machine];
  if (name === undefined) return `machine-${machine}`;
  return typeof name === "string" ? name : name[bits];
}

/** Name of e_type, or `type-N`. */
export function typeName(type: number): string {
  return TYPES[type] ?? `type-${type}`;
}
