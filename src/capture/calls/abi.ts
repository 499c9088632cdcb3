import { closeSync, openSync, readSync } from "node:fs";
import { machine as hostMachine } from "node:os";
import { bytesSource, readElf, type ElfHeaderFacts } from "../../elf/read-elf.ts";
import { syscallNames, type SyscallNames } from "../../syscalls/syscall-names.ts";
import type { Untrusted } from "../../model/text.ts";

/** x32 calls bear this bit in their number (arch/x86/include/uapi/asm/unistd.h). */
const X32_BIT = 0x4000_0000;
/** Instruction sets of 32 bits that a 64-bit kernel also runs. */
const COMPAT: Readonly<Record<string, string>> = { x86_64: "i386", aarch64: "arm", ppc64le: "ppc", s390x: "s390" };
const MOST_FILES = 4096;
const HEAD_BYTES = 65_536;

/** The instruction set of programs of 32 or 64 bits on this host. */
export function machineOf(bits: 32 | 64): string {
  const machine = hostMachine();
  return bits === 64 ? machine : (COMPAT[machine] ?? machine);
}

/**
 * Says what a system call number means for a process. The number alone does not tell (1 is write on x86_64 and exit on
 * i386), so the instruction set of each process's program is kept: by its file at an exec, else as its parent's.
 */
export class Abis {
  readonly #default: string;
  readonly #root: string;
  readonly #tables: ReadonlyMap<string, SyscallNames>;
  readonly #ofProcess = new Map<number, string>();
  readonly #ofFile = new Map<Untrusted, string | null>();

  private constructor(root: string, bits: 32 | 64, tables: ReadonlyMap<string, SyscallNames>) {
    this.#default = machineOf(bits);
    this.#root = root === "/" ? "" : root;
    this.#tables = tables;
  }

  /** `root`: where the paths of executed files lie on this host; `bits`: of the target's program, for processes not known better. */
  static async load(root: string, bits: 32 | 64): Promise<Abis> {
    const tables = new Map<string, SyscallNames>();
    for (const machine of new Set([machineOf(64), machineOf(32), "x32"]))
      tables.set(machine, await syscallNames(machine));
    return new Abis(root, bits, tables);
  }

  of(pid: number): string {
    return this.#ofProcess.get(pid) ?? this.#default;
  }

  /** A living process: by the file that it runs. */
  known(pid: number): void {
    this.#set(pid, this.#machineOf(`/proc/${pid}/exe`));
  }

  born(parent: number, child: number): void {
    this.#set(child, this.of(parent));
  }

  execed(pid: number, file: Untrusted): void {
    let machine = this.#ofFile.get(file);
    if (machine === undefined) {
      // Names that are relative or not UTF-8 are looked up by the process, if it still lives.
      machine = file.startsWith("/") ? this.#machineOf(this.#root + file) : this.#machineOf(`/proc/${pid}/exe`);
      if (this.#ofFile.size < MOST_FILES) this.#ofFile.set(file, machine);
    }
    this.#set(pid, machine);
  }

  ended(pid: number): void {
    if (this.#ofProcess.size > 0) this.#ofProcess.delete(pid);
  }

  /** Name of a call by a process of this instruction set. */
  name(machine: string, number: number): string {
    const table = (number & X32_BIT) !== 0 && number > 0 ? "x32" : machine;
    return this.#tables.get(table)?.(number) ?? `syscall_${number}`;
  }

  #machineOf(path: string): string | null {
    return programFacts(path, this.#root)?.machine ?? null;
  }

  #set(pid: number, machine: string | null): void {
    if (machine === null || machine === this.#default) this.ended(pid);
    else this.#ofProcess.set(pid, machine);
  }
}

/**
 * What the ELF header of a program says; of a script, that of its interpreter. `path` is one of this host
 * (`/proc/812/exe`, `/proc/812/root/usr/bin/atd`), `root` where the paths within scripts lie. Null when it cannot be told.
 */
export function programFacts(path: string, root: string, isInterpreter = false): ElfHeaderFacts | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    // Gone, or in a root that cannot be entered: the caller falls back on what is usual.
    return null;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const length = readSync(fd, head, 0, head.length, 0);
    const bytes = head.subarray(0, length);
    if (bytes[0] === 0x23 && bytes[1] === 0x21) {
      const interpreter = /^#![ \t]*(\/[^ \t\n]+)/.exec(bytes.subarray(0, 256).toString("latin1"))?.[1];
      return interpreter === undefined || isInterpreter ? null : programFacts(root + interpreter, root, true);
    }
    return readElf(bytesSource(bytes))?.facts ?? null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
