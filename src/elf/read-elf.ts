import { readNeeded } from "./dynamic.ts";
import { readElfFile, stringAt, type ByteSource } from "./elf-file.ts";
import { machineName, typeName } from "./machines.ts";
import { readBuildId } from "./notes.ts";
import type { Untrusted } from "../model/text.ts";

const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const SHT_SYMTAB = 2;

/** What the headers and tables of an ELF file say. */
export interface ElfHeaderFacts {
  bits: 32 | 64;
  /** e_machine by name: i386, x86_64, aarch64, … */
  machine: string;
  /** e_type by name: EXEC, DYN, REL, CORE. */
  type: string;
  /** No PT_INTERP and no PT_DYNAMIC with DT_NEEDED. */
  static: boolean;
  /** No .symtab. */
  stripped: boolean;
  interpreter: Untrusted | null;
  needed: Untrusted[];
  /** Hex of the GNU build-id note, or null. */
  buildId: string | null;
}

export interface ElfReading {
  facts: ElfHeaderFacts;
  /** What was damaged; the facts are then what the rest tells. */
  problems: string[];
}

/**
 * Reads an ELF file of either class and byte order; at most a few hundred KiB, from headers and tables. Null when it
 * is not one. Never throws for its content.
 */
export function readElf(source: ByteSource): ElfReading | null {
  const file = readElfFile(source);
  if (file === null) return null;
  const interp = file.segments.find(({ type }) => type === PT_INTERP);
  const interpreter = interp === undefined ? null : stringAt(source, interp.offset, Math.min(interp.fileSize, 4096));
  const hasDynamic = file.segments.some(({ type }) => type === PT_DYNAMIC);
  const needed = hasDynamic ? readNeeded(source, file) : [];
  const facts = {
    bits: file.bits,
    machine: machineName(file.machine, file.bits),
    type: typeName(file.type),
    static: interpreter === null && needed.length === 0,
    stripped: !file.sections.some(({ type }) => type === SHT_SYMTAB),
    interpreter,
    needed,
    buildId: readBuildId(source, file),
  };
  return { facts, problems: file.problems };
}

/** A file's bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return (offset, length) => bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length));
}
