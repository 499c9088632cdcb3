import { tableOf } from "./abi.ts";

/** Name of the system call with this number, or null when the table has none. */
export type SyscallNames = (number: number) => string | null;

const LOADERS: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  i386: () => import("./tables/i386.ts"),
  x86_64: () => import("./tables/x86_64.ts"),
  x32: () => import("./tables/x32.ts"),
  aarch64: () => import("./tables/aarch64.ts"),
  arm: () => import("./tables/arm.ts"),
  ppc64: () => import("./tables/ppc64.ts"),
  s390x: () => import("./tables/s390x.ts"),
  riscv64: () => import("./tables/riscv64.ts"),
};
const loaded = new Map<string, SyscallNames>();

/**
 * The system call names of a machine (`Abi.machine`: i386, x86_64, x32, aarch64, arm, ppc64, s390x, riscv64 …), loaded when
 * first asked for. x32 numbers are understood with and without their bit 0x40000000. Unknown machines name nothing.
 */
export async function syscallNames(machine: string): Promise<SyscallNames> {
  const table = tableOf(machine);
  if (table === null) return () => null;
  let names = loaded.get(table);
  if (names === undefined) {
    const byNumber = unfold((await (LOADERS[table] as () => Promise<{ default: string }>)()).default);
    names = (number) => byNumber.get(table === "x32" ? number % 0x40000000 : number) ?? null;
    loaded.set(table, names);
  }
  return names;
}

/** Reads `0:read write open|334:rseq`. */
function unfold(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const run of text.split("|")) {
    const colon = run.indexOf(":");
    let number = Number(run.slice(0, colon));
    for (const name of run.slice(colon + 1).split(" ")) names.set(number++, name);
  }
  return names;
}
