import { Fields, type ByteSource, type ElfFile } from "./elf-file.ts";

const PT_NOTE = 4;
const SHT_NOTE = 7;
const NT_GNU_BUILD_ID = 3;
/** "GNU\0" as a big-endian word. */
const GNU = 0x474e5500;
const MAX_BYTES = 1 << 16;

/**
 * GNU build-id in hex, or null. Notes are looked for in segments (what the kernel maps, and what survives a removed
 * section table), then in sections (object files have no segments).
 */
export function readBuildId(source: ByteSource, file: ElfFile): string | null {
  const segments = file.segments.filter(({ type }) => type === PT_NOTE).map((s) => ({ ...s, size: s.fileSize }));
  const sections = file.sections.filter(({ type }) => type === SHT_NOTE);
  for (const { offset, size, alignment } of [...segments, ...sections]) {
    const bytes = source(offset, Math.min(size, MAX_BYTES));
    const found = buildIdIn(bytes, file.littleEndian, alignment === 8 ? 8 : 4);
    if (found !== null) return found;
  }
  return null;
}

function buildIdIn(bytes: Uint8Array, littleEndian: boolean, alignment: number): string | null {
  const notes = new Fields(bytes, littleEndian);
  const bigEndian = new Fields(bytes, false);
  for (let at = 0; at + 12 <= bytes.length;) {
    const nameSize = notes.word(at);
    const contentSize = notes.word(at + 4);
    const type = notes.word(at + 8);
    const content = at + aligned(12 + nameSize, alignment);
    const end = content + contentSize;
    if (end > bytes.length) return null;
    if (type === NT_GNU_BUILD_ID && nameSize === 4 && contentSize > 0 && bigEndian.word(at + 12) === GNU) {
      return Buffer.from(bytes.subarray(content, end)).toString("hex");
    }
    at += aligned(end - at, alignment);
  }
  return null;
}

function aligned(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
