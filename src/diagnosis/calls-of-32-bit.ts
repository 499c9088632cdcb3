import type { Material } from "./material.ts";
import type { Diagnosis, Storm } from "./result.ts";

/**
 * A storm of 32-bit programs on a 64-bit kernel: its calls are in no event of a single system call (kernel/trace/trace_syscalls.c
 * trace_get_syscall_nr: in_ia32_syscall), so that none of its execs and forks was seen to fail is no answer, and its
 * arguments are unknown. Takes the counts away and says why. Null where that does not concern it, or audit records tell.
 */
export function withoutCallsOf32Bit(storm: Storm, material: Material): Diagnosis["couldNotLook"][number] | null {
  const kernel64 = /64|s390x|ppc64le/.test(material.host.machine ?? "");
  const told = (kind: string): boolean => material.sources.some((source) => source.kind === kind && source.events > 0);
  if (storm.abi?.bits !== 32 || !kernel64 || !told("tracefs") || told("audit")) return null;
  if (storm.failedExecs === 0) storm.failedExecs = null;
  if (storm.failedForks === 0) storm.failedForks = null;
  return {
    code: "calls.32-bit",
    what: `arguments and failed calls of ${storm.program.exe ?? storm.program.comm}`,
    why: "a 32-bit program on a 64-bit kernel: tracefs shows no single system call of it",
    remedy: "sudo whoforks diagnose --with audit",
  };
}
