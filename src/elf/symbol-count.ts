import { Fields, type ByteSource, type ElfFile } from "./elf-file.ts";

const SHT_DYNSYM = 11;
const MAX_BUCKETS = 1 << 18;
/** Words of a hash chain read at a time. */
const CHAIN_STEP = 256;
const MAX_CHAIN = 1 << 18;

/**
 * Number of dynamic symbols, which no tag of the dynamic section says. The section table does, where it is there; else
 * the old hash table has as many chain entries; else the GNU one ends with the highest symbol (its buckets name the first
 * symbol of each chain, and a chain ends where bit 0 is set; glibc elf/dl-lookup.c). 0 when nothing tells.
 */
export function symbolCount(
  source: ByteSource,
  file: ElfFile,
  table: number,
  places: { hash: number | null; gnuHash: number | null },
): number {
  const entry = file.bits === 64 ? 24 : 16;
  const section = file.sections.find(({ type, offset }) => type === SHT_DYNSYM && offset === table);
  if (section !== undefined) return Math.floor(section.size / entry);
  if (places.hash !== null) {
    const head = new Fields(source(places.hash, 8), file.littleEndian);
    if (head.length === 8) return head.word(4);
  }
  return places.gnuHash === null ? 0 : byGnuHash(source, file, places.gnuHash);
}

function byGnuHash(source: ByteSource, file: ElfFile, at: number): number {
  const head = new Fields(source(at, 16), file.littleEndian);
  if (head.length < 16) return 0;
  const bucketCount = Math.min(head.word(0), MAX_BUCKETS);
  const first = head.word(4);
  const bloom = head.word(8) * (file.bits === 64 ? 8 : 4);
  const bucketsAt = at + 16 + bloom;
  const buckets = new Fields(source(bucketsAt, bucketCount * 4), file.littleEndian);
  let last = 0;
  for (let n = 0; n + 4 <= buckets.length; n += 4) last = Math.max(last, buckets.word(n));
  // No defined symbols at all: those before `first` are the undefined ones.
  if (last < first || last === 0) return first;
  const chainsAt = bucketsAt + head.word(0) * 4;
  for (let walked = 0; walked < MAX_CHAIN; walked += CHAIN_STEP) {
    const chain = new Fields(source(chainsAt + (last - first) * 4, CHAIN_STEP * 4), file.littleEndian);
    if (chain.length < 4) return last;
    for (let n = 0; n + 4 <= chain.length; n += 4) {
      last++;
      if ((chain.word(n) & 1) !== 0) return last;
    }
  }
  return last;
}
