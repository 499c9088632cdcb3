import { closeSync } from "node:fs";
import type { EventFormat } from "../../ftrace/event-format.ts";
import { fileSource } from "../../platform/file-source.ts";
import { reasonOf } from "../../platform/errno.ts";
import { readDynamicSymbols } from "../../elf/symbols.ts";
import type { CLibrary } from "../procfs/c-libraries.ts";
import { defineEntryProbes } from "./eprobes.ts";
import type { Instance } from "./instance.ts";
import type { Probe } from "./probes.ts";
import { ProbeGroup } from "./probe-group.ts";
import { defineUprobe, type Fetch } from "./uprobes.ts";

/** More C libraries than this: a host of many containers, of which the first ones have to do. */
export const MOST_LIBRARIES = 32;
/** 8-byte words of text kept of each argument: `sh -c SCRIPT` and `python -c CODE` have the long one third. */
const WORDS = [16, 32, 64, 16, 16, 16, 16, 16, 8, 8, 8, 8, 8, 8, 8, 8];
const FILE_WORDS = 32;

/** ELF machine → registers of the first three arguments of a function (the System V and AAPCS64 calling conventions). */
const REGISTERS: Readonly<Record<number, readonly [string, string, string]>> = {
  62: ["%di", "%si", "%dx"],
  183: ["%x0", "%x1", "%x2"],
};
/**
 * Function → which of its arguments is the file, and which the argument vector. In glibc all others (execvp, execl,
 * posix_spawn, system, popen) come to `execve`; `fexecve` and `execveat` make a system call of their own.
 */
const FUNCTIONS: readonly { name: string; file: number | null; argv: number }[] = [
  { name: "execve", file: 0, argv: 1 },
  { name: "fexecve", file: null, argv: 1 },
  { name: "execveat", file: null, argv: 2 },
];

/** Takes the format of a probe before it is switched on, and says whether it can be read. */
type TakeFormat = (format: EventFormat, where: "library" | "entry") => boolean;

/** Probes at the entries of execve(3) and its kin in C libraries, and of the system calls, in the instance given. */
export class ExecProbes {
  /** C libraries with a probe, those that could not get one, and why the first could not. */
  libraries = 0;
  refused = 0;
  why: string | null = null;
  /** Whether the entries of the system calls have one too. */
  atEntry = false;
  readonly #instance: Instance;
  readonly #group: ProbeGroup;
  readonly #known = new Set<string>();
  readonly #take: TakeFormat;
  readonly #probes: Probe[] = [];

  constructor(tracefs: string, instance: Instance, take: TakeFormat) {
    this.#instance = instance;
    this.#group = new ProbeGroup(tracefs, instance);
    this.#take = take;
  }

  /** Puts probes into a C library, unless it is known already or there are enough. Never throws for its or the kernel's state. */
  add(library: CLibrary): void {
    if (this.#known.has(library.key) || this.#known.size >= MOST_LIBRARIES) return;
    let fd: number;
    try {
      fd = library.open();
    } catch {
      // The process is gone: another one that runs the same library will do.
      return;
    }
    this.#known.add(library.key);
    try {
      if (this.#addTo(fd)) this.libraries++;
    } catch (error) {
      this.refused++;
      this.why ??= reasonOf(error);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Puts event probes at the entries of the system calls: they see what makes those without a C library that is known, static
   * programs above all. Throws the errno of the kernel's refusal.
   */
  addEntries(): void {
    for (const probe of defineEntryProbes(this.#group, this.#instance)) {
      this.#enable(probe, "entry");
      this.atEntry = true;
    }
  }

  /** Switches all probes off; what they recorded stays in the buffers. Throws the errno of a refusal. */
  disable(): void {
    for (const probe of this.#probes) this.#group.disable(probe);
  }

  /** Switches off, drains, deletes: `ProbeGroup.end`. */
  end(drain: () => void): string | null {
    return this.#group.end(drain);
  }

  release(): string | null {
    return this.#group.release();
  }

  #addTo(fd: number): boolean {
    const symbols = readDynamicSymbols(fileSource(fd));
    const registers = symbols?.bits === 64 ? REGISTERS[symbols.machine] : undefined;
    if (symbols === null || registers === undefined) return false;
    let some = false;
    for (const { name, file, argv } of FUNCTIONS) {
      const found = symbols.defined.find(
        (symbol) => symbol.name === name && symbol.kind === "function" && symbol.executable,
      );
      if (found === undefined || found.fileOffset === null) continue;
      const fetches = fetchesOf(file === null ? null : (registers[file] as string), registers[argv] as string);
      const event = `${name}_${this.#known.size}`;
      this.#enable(defineUprobe(this.#group, { event, fd, offset: found.fileOffset, fetches }), "library");
      some = true;
    }
    return some;
  }

  #enable(probe: Probe, where: "library" | "entry"): void {
    const format = this.#instance.format(probe);
    if (format === null || !this.#take(format, where))
      throw new Error(`the format of ${probe.system}/${probe.name} is not understood`);
    this.#instance.enable(probe);
    this.#probes.push(probe);
  }
}

/** The argument vector's pointers (one more than texts, to tell whether more follow) and the text behind each. */
export function fetchesOf(file: string | null, argv: string): Fetch[] {
  const fetches: Fetch[] = [{ name: "argv", place: `+0(${argv})`, type: "u64", count: WORDS.length + 1 }];
  if (file !== null) fetches.push({ name: "file", place: `+0(${file})`, type: "u64", count: FILE_WORDS });
  for (const [n, count] of WORDS.entries())
    fetches.push({ name: `a${n}`, place: `+0(+${n * 8}(${argv}))`, type: "u64", count });
  return fetches;
}
