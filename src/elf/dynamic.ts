import type { Untrusted } from "../model/text.ts";
import { Fields, stringAt, type ByteSource, type ElfFile, type Segment } from "./elf-file.ts";

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NULL = 0;
const MAX_BYTES = 1 << 16;

/** Tags of the dynamic section that are used here (elf(5), include/uapi/linux/elf.h, glibc elf/elf.h). */
export const Tag = {
  needed: 1,
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  gnuHash: 0x6ffffef5,
  versym: 0x6ffffff0,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
  verneed: 0x6ffffffe,
  verneednum: 0x6fffffff,
} as const;

/** The dynamic section: the values of each tag, in their order. Empty for a static program. */
export function readDynamic(source: ByteSource, file: ElfFile): ReadonlyMap<number, readonly number[]> {
  const values = new Map<number, number[]>();
  const dynamic = file.segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return values;
  const size = file.bits === 64 ? 8 : 4;
  const entries = new Fields(source(dynamic.offset, Math.min(dynamic.fileSize, MAX_BYTES)), file.littleEndian);
  for (let at = 0; at + 2 * size <= entries.length; at += 2 * size) {
    const tag = entries.long(at, file.bits);
    if (tag === DT_NULL) break;
    const value = entries.long(at + size, file.bits);
    const known = values.get(tag);
    if (known === undefined) values.set(tag, [value]);
    else known.push(value);
  }
  return values;
}

/** Libraries that the dynamic section asks for (DT_NEEDED), in its order; empty for a static program. */
export function readNeeded(source: ByteSource, file: ElfFile): Untrusted[] {
  const dynamic = readDynamic(source, file);
  const names = dynamic.get(Tag.needed) ?? [];
  if (names.length === 0) return [];
  const strings = dynamic.get(Tag.strtab)?.at(-1);
  const table = strings === undefined ? null : offsetOf(strings, file);
  if (table === null) {
    file.problems.push("the string table of the dynamic section is in no segment");
    return [];
  }
  return names.map((name) => stringAt(source, table + name)).filter((name) => name !== "");
}

/** The segment from which the loader maps an address of the program. */
export function segmentOf(address: number, file: ElfFile): Segment | undefined {
  return file.segments.find(
    ({ type, address: from, fileSize }) => type === PT_LOAD && address >= from && address < from + fileSize,
  );
}

/** Place in the file of an address of the loaded program; null when it is in none of what is loaded from the file. */
export function offsetOf(address: number, file: ElfFile): number | null {
  const segment = segmentOf(address, file);
  return segment === undefined ? null : segment.offset + (address - segment.address);
}
