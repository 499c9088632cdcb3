import type { Bytes } from "../src/platform/sqlite/database.ts";
import { must } from "./must.ts";

/**
 * A file in memory as readers of databases take it. Blobs and rows do not overlap, so a reader that asks for many times what
 * the file holds could be kept busy by a small one: at 200 times that is told.
 */
export function fileBytes(data: Uint8Array): Bytes {
  const bytes = Buffer.from(data);
  let left = 200 * (bytes.length + 4096);
  return (offset, length) => {
    must(Number.isSafeInteger(offset) && offset >= 0, "a place that is none");
    must(length >= 0 && length <= 64 << 20, "more bytes at once than are allowed");
    const part = bytes.subarray(offset, offset + length);
    left -= part.length;
    must(left >= 0, "the file is read again and again");
    return part;
  };
}

/** What a reader of a database gives: pieces of the file. */
export function fitsInto(blobs: Iterable<Uint8Array | null>, data: Uint8Array): void {
  let sum = 0;
  for (const blob of blobs) sum += blob?.length ?? 0;
  must(sum <= data.length, "the blobs are longer than the file");
}
