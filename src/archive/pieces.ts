import * as fs from "node:fs";
import { isUnpackable, packing, unpack, type TakeBytes } from "../platform/unpack.ts";

const PIECE = 1 << 18;

/** Bytes of an open file in pieces, `size` of them from `offset` on. */
function* piecesOf(fd: number, offset: number, size: number): Generator<Uint8Array> {
  for (let at = 0; at < size;) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, size - at));
    const got = fs.readSync(fd, buffer, 0, buffer.length, offset + at);
    if (got === 0) return;
    at += got;
    yield buffer.subarray(0, got);
  }
}

/** Unpacks a part of an open file, by its first bytes: gzip, xz, zstd or plain. What was wrong, or null. */
export async function unpackPart(fd: number, offset: number, size: number, take: TakeBytes): Promise<string | null> {
  const head = Buffer.alloc(Math.min(6, size));
  fs.readSync(fd, head, 0, head.length, offset);
  const kind = packing(head);
  try {
    if (isUnpackable(kind)) await unpack(kind, piecesOf(fd, offset, size), take);
    else if (kind !== "plain") return `packed by ${kind}, which is not read here`;
    else for (const piece of piecesOf(fd, offset, size)) if (!take(piece)) break;
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code.startsWith("Z_") ? `what is packed in it is damaged (${code})` : code;
  }
}
