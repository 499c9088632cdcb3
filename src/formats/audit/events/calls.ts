import { tableOf } from "../../../syscalls/abi.ts";
import { syscallNames, type SyscallNames } from "../../../syscalls/syscall-names.ts";

/** Names of system calls by machine, all loaded. */
export type CallNames = (machine: string) => SyscallNames;

const MACHINES = ["i386", "x86_64", "x32", "aarch64", "arm", "ppc64", "s390x", "riscv64"];

/** Loads the tables of all machines: a log may hold the calls of any. */
export async function loadCallNames(): Promise<CallNames> {
  const loaded = new Map<string, SyscallNames>();
  for (const machine of MACHINES) loaded.set(machine, await syscallNames(machine));
  return (machine) => loaded.get(tableOf(machine) ?? "") ?? (() => null);
}
