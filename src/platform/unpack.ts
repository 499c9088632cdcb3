import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const CHUNK = 1 << 20;

/** Takes the next bytes of a file; they are only valid during the call. @returns false to stop. */
export type TakeBytes = (bytes: Uint8Array) => boolean;

/** How a file is packed, by its first bytes. */
export function packing(head: Uint8Array): "plain" | "gzip" | "zstd" | "xz" | "bzip2" | "lz4" {
  const magic = Buffer.from(head.subarray(0, 6)).toString("hex");
  if (magic.startsWith("1f8b")) return "gzip";
  if (magic.startsWith("28b52ffd")) return "zstd";
  if (magic.startsWith("fd377a585a00")) return "xz";
  if (magic.startsWith("425a68")) return "bzip2";
  return magic.startsWith("04224d18") ? "lz4" : "plain";
}

/** What can be read without another program. */
export type Unpackable = "gzip" | "zstd" | "xz";

export function isUnpackable(packed: ReturnType<typeof packing>): packed is Unpackable {
  return packed === "gzip" || packed === "zstd" || packed === "xz";
}

/**
 * Unpacks a stream (several members or frames are one). Errors have codes beginning with `Z_`; all that could be unpacked
 * before has been taken by then, which is why gzip is listened to instead of iterated: an iterator drops what it holds when
 * an error comes.
 */
export async function unpack(
  kind: Unpackable,
  packed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  take: TakeBytes,
): Promise<void> {
  if (kind === "gzip") return readPacked(Readable.from(packed), take);
  const { unpackXz, unpackZstd } = await import("./unpack-xz-zstd.ts");
  return kind === "zstd" ? unpackZstd(packed, take) : unpackXz(packed, take);
}

async function readPacked(packed: Readable, take: TakeBytes): Promise<void> {
  const unpack = createGunzip({ chunkSize: CHUNK });
  try {
    await new Promise<void>((resolve, reject) => {
      packed.on("error", reject);
      unpack.on("error", reject);
      unpack.on("end", resolve);
      unpack.on("data", (chunk: Uint8Array) => {
        try {
          if (!take(chunk)) resolve();
        } catch (error) {
          reject(error);
        }
      });
      packed.pipe(unpack);
    });
  } finally {
    packed.destroy();
    unpack.destroy();
  }
}
