import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { DigestAlgorithm, Digests } from "./digests.ts";

/** What one pass over a file's content gives. Digests are lower-case hex. */
export interface Content {
  /** Bytes read: the size unless the file changed meanwhile. */
  size: number;
  sha256: string;
  /** By the algorithms that were asked for, SHA-256 always. */
  digests: Digests;
  /** Shannon entropy, bits a byte, 0..8. Exact up to 16 MiB, from evenly spread blocks of 16 MiB in all above. */
  entropy: number;
  /** The first bytes, at most 256: what execve(2) reads of a script. */
  head: Uint8Array;
}

/** Larger files are not read: a sparse file of terabytes costs an enemy nothing and would cost hours. */
export const LARGEST_READ = 4 * 2 ** 30;

const CHUNK = 1 << 20;
const COUNTED_EXACTLY = 16 << 20;
const BLOCK = 1 << 16;

/** Reads the file once from its beginning. `size` is what fstat says; I/O errors throw. */
export function readContent(fd: number, size: number, algorithms: readonly DigestAlgorithm[] = []): Content {
  const hashes = [...new Set<DigestAlgorithm>(["sha256", ...algorithms])].map((name) => ({
    name,
    hash: createHash(name),
  }));
  const counts = new ByteCounts(Math.max(1, Math.ceil(size / COUNTED_EXACTLY)));
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1) + 1));
  let head = new Uint8Array();
  let total = 0;
  for (;;) {
    const got = fs.readSync(fd, buffer, 0, buffer.length, total);
    if (got === 0) break;
    const bytes = buffer.subarray(0, got);
    if (total === 0) head = Uint8Array.from(bytes.subarray(0, 256));
    for (const { hash } of hashes) hash.update(bytes);
    counts.add(bytes, total);
    total += got;
    if (total > LARGEST_READ) break;
  }
  const digests: Digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest("hex")]));
  return { size: total, sha256: digests.sha256 ?? "", digests, entropy: counts.entropy(), head };
}

/** Shannon entropy of bytes, bits a byte. */
export function entropyOf(bytes: Uint8Array): number {
  const counts = new ByteCounts(1);
  counts.add(bytes, 0);
  return counts.entropy();
}

class ByteCounts {
  readonly #counts = new Uint32Array(256);
  readonly #everyBlock: number;

  /** Counts every n-th block of 64 KiB of the file. */
  constructor(everyBlock: number) {
    this.#everyBlock = everyBlock;
  }

  /** `offset`: place of the bytes in the file. */
  add(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + BLOCK - ((offset + at) % BLOCK));
      if (Math.floor((offset + at) / BLOCK) % this.#everyBlock === 0) countBytes(bytes, at, end, this.#counts);
      at = end;
    }
  }

  entropy(): number {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    let bits = 0;
    for (const count of this.#counts) if (count > 0) bits -= (count / total) * Math.log2(count / total);
    // `0 - 0` where one value fills the file would print as -0.
    return Math.abs(bits);
  }
}

function countBytes(bytes: Uint8Array, from: number, to: number, counts: Uint32Array): void {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
}
