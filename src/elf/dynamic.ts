import type { Untrusted } from "../model/text.ts";
import { Fields, stringAt, type ByteSource, type ElfFile } from "./elf-file.ts";

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NULL = 0;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const MAX_BYTES = 1 << 16;

/** Libraries that the dynamic section asks for (DT_NEEDED), in its order; empty for a static program. */
export function readNeeded(source: ByteSource, file: ElfFile): Untrusted[] {
  const dynamic = file.segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return [];
  const size = file.bits === 64 ? 8 : 4;
  const entries = new Fields(source(dynamic.offset, Math.min(dynamic.fileSize, MAX_BYTES)), file.littleEndian);
  const names: number[] = [];
  let strings: number | null = null;
  for (let at = 0; at + 2 * size <= entries.length; at += 2 * size) {
    const tag = entries.long(at, file.bits);
    const value = entries.long(at + size, file.bits);
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) names.push(value);
    if (tag === DT_STRTAB) strings = value;
  }
  if (names.length === 0) return [];
  const table = strings === null ? null : offsetOf(strings, file);
  if (table === null) {
    file.problems.push("the string table of the dynamic section is in no segment");
    return [];
  }
  return names.map((name) => stringAt(source, table + name)).filter((name) => name !== "");
}

/** Place in the file of an address of the loaded program. */
function offsetOf(address: number, file: ElfFile): number | null {
  const segment = file.segments.find(
    ({ type, address: from, fileSize }) => type === PT_LOAD && address >= from && address < from + fileSize,
  );
  return segment === undefined ? null : segment.offset + (address - segment.address);
}
