import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { run } from "./shell.mjs";

let answer = null;

/**
 * Whether this kernel executes 32-bit code (CONFIG_IA32_EMULATION, and not switched off by ia32_emulation=off or by what
 * the machine is). Asked by executing an empty 32-bit program, since a configuration alone does not tell.
 */
export function runs32Bit() {
  if (process.arch !== "x64") return false;
  answer ??= tryIt();
  return answer;
}

/** What to say where it does not. */
export const NO_32_BIT = "this kernel executes no 32-bit code; booted with ia32_emulation=on it may";

function tryIt() {
  const dir = mkdtempSync(`${tmpdir()}/whoforks-abi-`);
  try {
    run("as", ["--32", "-o", `${dir}/exit.o`, "-"], { input: EXIT });
    run("ld", ["-m", "elf_i386", "-o", `${dir}/exit`, `${dir}/exit.o`]);
    return spawnSync(`${dir}/exit`).status === 7;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const EXIT = ".globl _start\n_start: movl $1, %eax\n movl $7, %ebx\n int $0x80\n";
