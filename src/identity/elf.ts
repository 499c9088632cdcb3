import { readNeeded } from "./elf/dynamic.ts";
import { readElfFile, stringAt, type ByteSource } from "./elf/elf-file.ts";
import { machineName, typeName } from "./elf/machines.ts";
import { readBuildId } from "./elf/notes.ts";
import type { ElfFacts } from "./types.ts";

const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const SHT_SYMTAB = 2;

export interface ElfReading {
  /** Everything but the entropy, which needs the whole content (`readContent`). */
  facts: Omit<ElfFacts, "entropy">;
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
