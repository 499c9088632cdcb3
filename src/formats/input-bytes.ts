import * as fs from "node:fs";
import { Readable } from "node:stream";
import { packing, unpack, isUnpackable, type TakeBytes, type Unpackable } from "../platform/unpack.ts";

export { isUnpackable, packing, type TakeBytes, type Unpackable } from "../platform/unpack.ts";

const CHUNK = 1 << 20;
const PACKED_CHUNK = 1 << 18;
export const HEAD = 1 << 16;
const MAGIC = 6;

/** Opens a regular file without ever waiting for it. Throws the system's error; ENXIO when it is a FIFO or device meanwhile. */
export function openRegular(path: string): number {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  if (fs.fstatSync(fd).isFile()) return fd;
  fs.closeSync(fd);
  throw Object.assign(new Error("not a regular file"), { code: "ENXIO" });
}

/** The first bytes of an open file, as stored. */
export function readHead(fd: number): Uint8Array {
  const head = Buffer.allocUnsafe(HEAD);
  return head.subarray(0, fs.readSync(fd, head, 0, HEAD, 0));
}

/**
 * Reads an open plain file from its beginning by 1 MiB in one buffer. The size at the beginning is the end: a log that grows
 * while it is read, by the reading itself perhaps, does not keep it reading. Files of /proc have size 0 and are read to their end.
 * `pause` is awaited every 32 MiB, so that signals and progress get their turn.
 */
export async function readPlain(fd: number, take: TakeBytes, pause: () => Promise<void>): Promise<void> {
  const size = fs.fstatSync(fd).size || Number.POSITIVE_INFINITY;
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, size));
  for (let at = 0, sincePause = 0; at < size;) {
    const got = fs.readSync(fd, buffer, 0, Math.min(buffer.length, size - at), at);
    if (got === 0 || !take(buffer.subarray(0, got))) return;
    at += got;
    sincePause += got;
    if (sincePause >= 32 * CHUNK) {
      sincePause = 0;
      await pause();
    }
  }
}

/**
 * Reads an open packed file (several members or frames are one). Errors have codes beginning with `Z_`; all that could be unpacked
 * before has been taken by then, which is why gzip is listened to instead of iterated: an iterator drops what it holds when an
 * error comes.
 * @param stored is told the packed bytes read
 */
export async function readUnpacked(
  kind: Unpackable,
  fd: number,
  take: TakeBytes,
  stored: (bytes: number) => void,
): Promise<void> {
  await unpack(kind, packedChunks(fd, stored), take);
}

function* packedChunks(fd: number, stored: (bytes: number) => void): Generator<Uint8Array> {
  for (let at = 0; ;) {
    const buffer = Buffer.allocUnsafe(PACKED_CHUNK);
    const got = fs.readSync(fd, buffer, 0, buffer.length, at);
    if (got === 0) return;
    at += got;
    stored(got);
    yield buffer.subarray(0, got);
  }
}

/** Reads a stream to its end, unpacking it when it is packed. */
export async function readStream(stream: Readable, take: TakeBytes): Promise<void> {
  const first: Uint8Array[] = [];
  let length = 0;
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  for (let next = await chunks.next(); ; next = await chunks.next()) {
    if (next.done !== true) first.push(next.value);
    length += next.done === true ? 0 : next.value.length;
    if (length >= MAGIC || next.done === true) break;
  }
  const head = Buffer.concat(first);
  const packed = packing(head);
  if (isUnpackable(packed)) return unpack(packed, rejoin(head, chunks), take);
  if (head.length > 0 && !take(head)) return;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) if (!take(next.value)) return;
}

async function* rejoin(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
