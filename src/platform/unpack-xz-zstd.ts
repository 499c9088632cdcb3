import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { Decompress } from "fzstd";
import { XzReadableStream } from "xz-decompress";
import type { TakeBytes } from "./unpack.ts";

type Packed = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** As the zstd program: a frame that asks for a larger window is refused, because it is set aside at once. */
const MOST_WINDOW = 128 << 20;

/**
 * Unpacks zstd, frame after frame (RFC 8878). Its checksums are not checked. Rejects with code `Z_…`, after what could be unpacked.
 * @param most bytes that the first frame may ask to be set aside
 */
export async function unpackZstd(packed: Packed, take: TakeBytes, most = MOST_WINDOW): Promise<void> {
  let goOn = true;
  const decompress = new Decompress((bytes) => {
    if (goOn && bytes.length > 0) goOn = take(bytes);
  });
  let first: Buffer | null = Buffer.alloc(0);
  const push = (chunk: Uint8Array, last: boolean): void => {
    try {
      decompress.push(chunk, last);
    } catch (error) {
      throw damaged("Z_ZSTD", error);
    }
  };
  for await (const chunk of packed) {
    if (first !== null) {
      first = Buffer.concat([first, chunk]);
      if (first.length < 18) continue;
      if (windowOf(first) > most) throw damaged("Z_ZSTD_WINDOW", null);
      push(first, false);
      first = null;
    } else push(chunk, false);
    if (!goOn) return;
  }
  push(first ?? new Uint8Array(), true);
}

/** Bytes that the first frame asks to be set aside (RFC 8878, 3.1.1.1). */
function windowOf(head: Buffer): number {
  const descriptor = head[4] as number;
  if ((descriptor & 0x20) === 0) {
    const window = head[5] as number;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] as number);
  switch (descriptor >> 6) {
    case 0:
      return head[at] as number;
    case 1:
      return head.readUInt16LE(at) + 256;
    case 2:
      return head.readUInt32LE(at);
    default:
      return Number(head.readBigUInt64LE(at));
  }
}

/** Unpacks xz. Rejects with code `Z_XZ`, after what could be unpacked. */
export async function unpackXz(packed: Packed, take: TakeBytes): Promise<void> {
  const source = Readable.toWeb(Readable.from(packed)) as unknown as globalThis.ReadableStream<Uint8Array>;
  const unpacked = new XzReadableStream(source) as unknown as ReadableStream<Uint8Array>;
  const reader = unpacked.getReader();
  try {
    for (;;) {
      const next = await reader.read();
      if (next.done) return;
      if (!take(next.value)) {
        await reader.cancel();
        return;
      }
    }
  } catch (error) {
    throw damaged("Z_XZ", error);
  }
}

/** An error of the format. One of the system, or of whoever takes the bytes, stays what it is. */
function damaged(code: string, error: unknown): unknown {
  // fzstd numbers its errors; those of the system have names.
  if (error !== null && typeof (error as NodeJS.ErrnoException).code === "string") return error;
  return Object.assign(new Error(error instanceof Error ? error.message : "more memory than is usual"), { code });
}
