import { machine } from "node:os";
import { PROCESS_CALLS } from "../../syscalls/tables/process-calls.ts";

/** The calls that make, change and end processes. A rule on fork alone logs next to nothing: glibc's fork is clone. */
export const CALLS = ["fork", "vfork", "clone", "clone3", "execve", "execveat", "exit", "exit_group"] as const;

/** One ABI of this machine as an audit rule names it. */
export interface RuleAbi {
  /** auditctl's word. */
  word: "b64" | "b32";
  /** AUDIT_ARCH_* (include/uapi/linux/audit.h). */
  arch: number;
  /** The calls of `CALLS` that it has. */
  numbers: readonly number[];
}

const ABIS: Readonly<Record<string, readonly (readonly [RuleAbi["word"], number, string])[]>> = {
  x86_64: [
    ["b64", 0xc000003e, "x86_64"],
    ["b32", 0x40000003, "i386"],
  ],
  i686: [["b32", 0x40000003, "i386"]],
  aarch64: [
    ["b64", 0xc00000b7, "aarch64"],
    ["b32", 0x40000028, "arm"],
  ],
  armv7l: [["b32", 0x40000028, "arm"]],
  ppc64le: [["b64", 0xc0000015, "ppc64"]],
  riscv64: [["b64", 0xc00000f3, "riscv64"]],
};

/** The ABIs of this kernel, [] on machines whose rules are not known here. */
export function ruleAbis(kernelMachine: string = machine()): RuleAbi[] {
  return (ABIS[kernelMachine] ?? []).map(([word, arch, table]) => ({
    word,
    arch,
    numbers: CALLS.flatMap((name) => PROCESS_CALLS[table]?.[name] ?? []),
  }));
}

/** The numbers of those calls in any ABI of this kernel. */
export function processCallNumbers(): Set<number> {
  return new Set(ruleAbis().flatMap((abi) => abi.numbers));
}
