import { fromBytes, type Untrusted } from "../model/text.ts";
import { absolutePath, type ArchiveEntry, type ContentSink, type ReadingEnd, type TakeEntry } from "./entry.ts";

const BLOCK = 512;
/** Long names and extended headers; longer ones are no names. */
const LARGEST_META = 1 << 20;
const TYPES: Readonly<Record<string, ArchiveEntry["type"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "link",
  "5": "directory",
};

/**
 * Reads a tar stream as it comes, in bounded memory: ustar, GNU long names (L, K), base-256 numbers and pax headers
 * (tar(5)). `push` gives false when it needs no more. Damage ends the reading and is told by `finish`.
 */
export class TarReader {
  readonly #take: TakeEntry;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of the present member still to come, and of its padding. */
  #left = 0;
  #padding = 0;
  #sink: ContentSink | null = null;
  #meta: { kind: string; chunks: Uint8Array[] } | null = null;
  #next: Meta = {};
  #zeros = 0;
  #end: ReadingEnd | null = null;

  constructor(take: TakeEntry) {
    this.#take = take;
  }

  push(bytes: Uint8Array): boolean {
    if (this.#end !== null) return false;
    let data =
      this.#held.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#held, bytes]);
    for (;;) {
      if (this.#end !== null) return false;
      if (this.#left > 0) {
        const part = data.subarray(0, this.#left);
        this.#content(part);
        this.#left -= part.length;
        data = data.subarray(part.length);
        if (this.#left > 0) break;
        this.#contentEnds();
      }
      if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, data.length);
        this.#padding -= skipped;
        data = data.subarray(skipped);
        if (this.#padding > 0) break;
      }
      if (data.length < BLOCK) break;
      this.#header(data.subarray(0, BLOCK));
      data = data.subarray(BLOCK);
    }
    this.#held = Buffer.from(data);
    return this.#end === null;
  }

  /** What it came to when the stream has ended. */
  finish(): ReadingEnd {
    if (this.#end !== null) return this.#end;
    const cut = this.#left > 0 || this.#padding > 0 || this.#held.length > 0 || this.#zeros === 0;
    return cut ? { damaged: "the archive is cut off" } : "whole";
  }

  #content(part: Uint8Array): void {
    if (this.#meta !== null) this.#meta.chunks.push(Uint8Array.from(part));
    else this.#sink?.write(part);
  }

  #contentEnds(): void {
    this.#sink?.end();
    this.#sink = null;
    if (this.#meta === null) return;
    const { kind, chunks } = this.#meta;
    this.#meta = null;
    const content = Buffer.concat(chunks);
    const text = (): Untrusted =>
      fromBytes(content.subarray(0, content.indexOf(0) < 0 ? content.length : content.indexOf(0)));
    if (kind === "L") this.#next.path = text();
    else if (kind === "K") this.#next.target = text();
    else if (kind === "x") Object.assign(this.#next, paxOf(content));
  }

  #header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      // Two empty blocks end an archive; dpkg ends at the first.
      if (++this.#zeros === 2) this.#end = "whole";
      return;
    }
    if (!hasChecksum(block)) return void (this.#end = { damaged: "a header of the archive has a wrong checksum" });
    const kind = String.fromCharCode(block[156] as number);
    const size = this.#next.size ?? numberAt(block, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0)
      return void (this.#end = { damaged: "a size in the archive is no number" });
    const type = TYPES[kind] ?? "other";
    // Links and directories have no content, whatever their size says.
    const bytes = type === "link" || type === "directory" || type === "hard-link" ? 0 : size;
    this.#left = bytes;
    this.#padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
    if ("LKxg".includes(kind)) {
      if (size > LARGEST_META) return void (this.#end = { damaged: "a name in the archive is longer than any name" });
      this.#meta = { kind, chunks: [] };
      if (size === 0) this.#contentEnds();
      return;
    }
    this.#entry(block, type, size);
    if (bytes === 0) this.#contentEnds();
  }

  #entry(block: Buffer, type: ArchiveEntry["type"], size: number): void {
    const meta = this.#next;
    this.#next = {};
    const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? textAt(block, 345, 155) : "";
    const name = meta.path ?? (prefix === "" ? textAt(block, 0, 100) : `${prefix}/${textAt(block, 0, 100)}`);
    const path = absolutePath(name);
    if (path === null) return;
    const target = meta.target ?? textAt(block, 157, 100);
    const taken = this.#take({
      path,
      type,
      mode: numberAt(block, 100, 8) & 0o7777,
      uid: numberAt(block, 108, 8),
      gid: numberAt(block, 116, 8),
      user: textAt(block, 265, 32),
      group: textAt(block, 297, 32),
      mtime: meta.mtime ?? numberAt(block, 136, 12),
      size: type === "file" ? size : 0,
      target: type === "hard-link" ? (absolutePath(target) ?? "") : type === "link" ? target : "",
      capability: meta.capability ?? null,
    });
    if (taken === "enough") this.#end = "enough";
    else this.#sink = taken;
  }
}

interface Meta {
  path?: Untrusted;
  target?: Untrusted;
  size?: number;
  mtime?: number;
  capability?: Uint8Array;
}

/** Records `LENGTH KEY=VALUE\n` of a pax header. */
function paxOf(content: Buffer): Meta {
  const meta: Meta = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(32, at);
    const length = blank < 0 ? Number.NaN : Number(content.toString("latin1", at, blank));
    if (!Number.isInteger(length) || length <= blank - at + 1 || at + length > content.length) break;
    const record = content.subarray(blank + 1, at + length - 1);
    const equals = record.indexOf(61);
    const [key, value] = [record.toString("latin1", 0, equals), record.subarray(equals + 1)];
    if (key === "path") meta.path = fromBytes(value);
    else if (key === "linkpath") meta.target = fromBytes(value);
    else if (key === "size") meta.size = Number(value.toString("latin1"));
    else if (key === "mtime") meta.mtime = Math.floor(Number(value.toString("latin1")));
    else if (key === "SCHILY.xattr.security.capability") meta.capability = Uint8Array.from(value);
    at += length;
  }
  return meta;
}

/** The sum of all bytes, those of the sum itself taken as blanks. */
function hasChecksum(block: Buffer): boolean {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum === numberAt(block, 148, 8);
}

function textAt(block: Buffer, at: number, length: number): Untrusted {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return fromBytes(end < 0 ? field : field.subarray(0, end));
}

/** Octal, or big-endian after a first byte of 0x80. */
function numberAt(block: Buffer, at: number, length: number): number {
  if (block[at] === 0x80) {
    let value = 0;
    for (let n = at + 1; n < at + length; n++) value = value * 256 + (block[n] as number);
    return value;
  }
  const text = block.toString("latin1", at, at + length).replaceAll(/[\0 ]+/g, "");
  return text === "" ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}
