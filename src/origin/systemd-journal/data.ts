import { unpackLz4Block } from "../../platform/lz4.ts";
import { unpackXz, unpackZstd } from "../../platform/unpack-xz-zstd.ts";

/** Bits of an object's flags (systemd, journal-def.h). */
const XZ = 1;
const LZ4 = 2;
const ZSTD = 4;

/** Bytes of a field that are kept: the rest of a longer one is of no use here. */
export const MOST_FIELD = 64 << 10;
/** What a window of zstd may ask for: journald cuts lines at 48 KiB. */
const MOST_WINDOW = 8 << 20;

/**
 * The content of a data object, `NAME=value`, cut at `MOST_FIELD`. Null: damaged, or packed in a way that is not known.
 * @param flags of the object: how its payload is packed
 */
export async function unpackedData(payload: Buffer, flags: number): Promise<Buffer | null> {
  const packed = flags & (XZ | LZ4 | ZSTD);
  if (packed === 0) return payload.subarray(0, MOST_FIELD);
  // The size of the content stands before the block (compress.c, compress_blob_lz4).
  if (packed === LZ4) return lz4(payload);
  const parts: Uint8Array[] = [];
  let length = 0;
  const take = (bytes: Uint8Array): boolean => {
    parts.push(Uint8Array.from(bytes.subarray(0, MOST_FIELD - length)));
    length += bytes.length;
    return length < MOST_FIELD;
  };
  try {
    if (packed === ZSTD) await unpackZstd([payload], take, MOST_WINDOW);
    else if (packed === XZ) await unpackXz([payload], take);
    else return null;
  } catch {
    return null;
  }
  return Buffer.concat(parts);
}

function lz4(payload: Buffer): Buffer | null {
  if (payload.length < 8) return null;
  const size = payload.readBigUInt64LE(0);
  if (size > BigInt(MOST_WINDOW)) return null;
  const content = unpackLz4Block(payload.subarray(8), Number(size));
  return content?.length === Number(size) ? content.subarray(0, MOST_FIELD) : null;
}
