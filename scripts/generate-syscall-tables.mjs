// Writes src/syscalls/tables/: the names of all system calls per ABI, and the numbers of those that concern processes.
// Sources: `ausyscall ARCH --dump` (package auditd) and the kernel's own headers (package linux-libc-dev), which win where
// they differ. Usage: node scripts/generate-syscall-tables.mjs [--check]
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const target = fileURLToPath(new URL("../src/syscalls/tables/", import.meta.url));
const headers = "/usr/include/x86_64-linux-gnu/asm";
const X32_BIT = 0x40000000;

// What arch/*/include/asm/unistd.h of the kernel asks of include/uapi/asm-generic/unistd.h.
const GENERIC_64 = [
  "__ARCH_WANT_NEW_STAT",
  "__ARCH_WANT_SET_GET_RLIMIT",
  "__ARCH_WANT_SYS_CLONE3",
  "__ARCH_WANT_MEMFD_SECRET",
];

const tables = {
  i386: () => merge(ausyscall("i386"), header(`${headers}/unistd_32.h`)),
  x86_64: () => merge(ausyscall("x86_64"), header(`${headers}/unistd_64.h`)),
  x32: () => header(`${headers}/unistd_x32.h`),
  aarch64: () => merge(ausyscall("aarch64"), generic([...GENERIC_64, "__ARCH_WANT_RENAMEAT"])),
  arm: () => ausyscall("arm"),
  ppc64: () => ausyscall("ppc64"),
  s390x: () => ausyscall("s390x"),
  // arch/riscv/include/uapi/asm/unistd.h: two calls of its own in the range kept for architectures (244).
  riscv64: () =>
    merge(
      generic(GENERIC_64),
      new Map([
        [258, "riscv_hwprobe"],
        [259, "riscv_flush_icache"],
      ]),
    ),
};
const PROCESS_CALLS = [
  "fork",
  "vfork",
  "clone",
  "clone3",
  "execve",
  "execveat",
  "exit",
  "exit_group",
  "wait4",
  "waitid",
  "kill",
];

function ausyscall(arch) {
  const table = new Map();
  for (const line of execFileSync("ausyscall", [arch, "--dump"], { encoding: "utf8" }).split("\n")) {
    const found = /^(\d+)\s+(\w+)$/.exec(line);
    if (found) table.set(Number(found[1]), found[2]);
  }
  return table;
}

function header(path) {
  const table = new Map();
  for (const [, name, bit, number] of readFileSync(path, "utf8").matchAll(
    /^#define __NR_(\w+) \(?(__X32_SYSCALL_BIT \+ )?(\d+)\)?$/gm,
  )) {
    table.set(Number(number), name);
    if (bit && Number(number) >= X32_BIT) throw new Error(`${path}: ${name}`);
  }
  return table;
}

/** The generic numbering, as the C preprocessor sees it with 64-bit longs. */
function generic(wants) {
  const macros = execFileSync("gcc", ["-E", "-dM", "-x", "c", ...wants.map((want) => `-D${want}`), "-"], {
    input: "#include <asm-generic/unistd.h>\n",
    encoding: "utf8",
  });
  const values = new Map(
    [...macros.matchAll(/^#define (__NR(?:3264)?_\w+) (\w+)$/gm)].map(([, name, value]) => [name, value]),
  );
  const table = new Map();
  for (const [macro, value] of values) {
    const name = /^__NR_(\w+)$/.exec(macro)?.[1];
    const number = Number(values.get(value) ?? value);
    if (name && Number.isInteger(number) && name !== "syscalls" && name !== "arch_specific_syscall")
      table.set(number, name);
  }
  return table;
}

function merge(first, second) {
  return new Map([...first, ...second]);
}

/** `0:read write open|334:rseq`: runs of names, each after the number of its first. */
function compact(table) {
  const runs = [];
  let next = -1;
  for (const [number, name] of [...table].sort(([a], [b]) => a - b)) {
    if (number === next) runs[runs.length - 1] += ` ${name}`;
    else runs.push(`${number}:${name}`);
    next = number + 1;
  }
  return runs.join("|");
}

const NOTE = "// Written by scripts/generate-syscall-tables.mjs; do not edit.\n";
const files = new Map();
const processCalls = {};
for (const [abi, make] of Object.entries(tables)) {
  const table = make();
  const numbers = new Map([...table].map(([number, name]) => [name, number]));
  processCalls[abi] = Object.fromEntries(
    PROCESS_CALLS.filter((name) => numbers.has(name)).map((name) => [name, numbers.get(name)]),
  );
  files.set(`${abi}.ts`, `${NOTE}export default ${JSON.stringify(compact(table))};\n`);
}
files.set(
  "process-calls.ts",
  `${NOTE}export const PROCESS_CALLS: Readonly<Record<string, Readonly<Record<string, number>>>> = ${JSON.stringify(processCalls, null, 2)};\n`,
);

mkdirSync(target, { recursive: true });
let stale = 0;
for (const [name, text] of files) {
  if (process.argv.includes("--check")) {
    if (readFileSync(target + name, "utf8") !== text) console.error(`${name} is not what the sources give`, ++stale);
  } else writeFileSync(target + name, text);
}
process.exitCode = stale > 0 ? 1 : 0;
