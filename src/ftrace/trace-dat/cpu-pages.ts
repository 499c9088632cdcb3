import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Unpack } from "./compression.ts";
import { Cursor, DamagedTrace } from "./cursor.ts";
import type { CpuData } from "./description.ts";

/** Pages read in one go where they are not packed. */
const AT_ONCE = 64;

/**
 * The pages of one CPU, one after another, each valid until the next one. Ends early where the file does; then, as for
 * chunks that cannot be unpacked, the last thing it does is to throw `DamagedTrace`.
 */
export function* cpuPages(
  source: RandomBytes,
  data: CpuData,
  pageSize: number,
  unpack: Unpack | null,
): Generator<Uint8Array> {
  if (data.size === 0) return;
  const blocks = unpack === null ? plain(source, data, pageSize) : unpacked(source, data, unpack);
  for (const block of blocks)
    for (let at = 0; at < block.length; at += pageSize) yield block.subarray(at, Math.min(block.length, at + pageSize));
}

function* plain(source: RandomBytes, { at, size }: CpuData, pageSize: number): Generator<Uint8Array> {
  for (let done = 0; done < size;) {
    const wanted = Math.min(size - done, pageSize * AT_ONCE);
    const bytes = source.read(at + done, wanted);
    // A page that is there in part is worth reading: its records come first.
    if (bytes.length > 0) yield bytes;
    done += bytes.length;
    if (bytes.length < wanted)
      throw new DamagedTrace(`the file ends ${size - done} bytes before the end of a CPU's data`, at + done);
  }
}

/** The size that the file gives for packed data is no bound: trace-cmd 3.1.6 counts neither all of the headers nor the last chunk. */
function* unpacked(source: RandomBytes, { at }: CpuData, unpack: Unpack): Generator<Uint8Array> {
  const cursor = new Cursor(source, at);
  for (let chunks = cursor.u32(); chunks > 0; chunks--) {
    const packed = cursor.u32();
    const length = cursor.u32();
    yield unpack(cursor.take(packed), length, cursor.at);
  }
}
