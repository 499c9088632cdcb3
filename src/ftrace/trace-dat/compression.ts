import { inflateSync } from "node:zlib";
import { decompress } from "fzstd";
import { DamagedTrace } from "./cursor.ts";

/** How a file is packed, by the name in its header; null for one that cannot be unpacked here. */
export type Unpack = (packed: Uint8Array, length: number, at: number) => Uint8Array;

/** trace-cmd writes chunks of some 10 pages; more than this is no chunk but a bomb. */
const MOST = 64 << 20;

/**
 * The unpacker for a name in the header of a version 7 file: `none`, `zlib` (RFC 1950) or `zstd` (RFC 8878), the ones that
 * trace-cmd knows. It throws `DamagedTrace` for bytes that do not yield exactly the length that stands before them.
 */
export function unpacker(name: string): Unpack | null {
  if (name === "none") return checked((packed) => packed);
  if (name === "zlib")
    return checked((packed, length) => inflateSync(packed, { maxOutputLength: Math.max(1, length) }));
  if (name === "zstd") return checked((packed, length) => decompress(packed, new Uint8Array(length)));
  return null;
}

function checked(unpack: (packed: Uint8Array, length: number) => Uint8Array): Unpack {
  return (packed, length, at) => {
    if (length > MOST) throw new DamagedTrace(`a chunk of ${length} bytes is larger than any that is written`, at);
    let bytes: Uint8Array;
    try {
      bytes = unpack(packed, length);
    } catch (error) {
      throw new DamagedTrace(`a chunk that cannot be unpacked (${(error as Error).message})`, at);
    }
    if (bytes.length !== length) throw new DamagedTrace("a chunk of another length than it says", at);
    return bytes;
  };
}
