import { inflateRawSync } from "node:zlib";
import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { fileSource } from "../platform/file-source.ts";
import type { ByteSource } from "./ar.ts";
import type { TakeEntry } from "./entry.ts";
import type { PackageFile } from "./package-file.ts";
import { unpackPart } from "./pieces.ts";
import { TarReader } from "./tar.ts";

/** Signature and control parts are of some kilobytes; a larger one is not read. */
const LARGEST_PART = 4 << 20;

/** A part of an .apk: a gzip stream with a piece of a tar archive. */
interface Part {
  offset: number;
  /** Bytes as packed. */
  size: number;
  /** The files in it by name, without a leading slash. */
  files: ReadonlyMap<Untrusted, Buffer>;
}

/** Where the parts of an .apk lie, and what the first ones hold. */
export interface ApkParts {
  /** `.SIGN.RSA.KEY` or `.SIGN.RSA256.KEY` with the signature; null: it is not signed. */
  signature: Part | null;
  /** What is signed: it holds .PKGINFO and the scripts. */
  control: Part;
  /** Where the files begin; they go on to the end. */
  data: number;
}

/**
 * The parts of an open .apk of version 2: two or three gzip streams, one after the other, of which the last holds the files
 * (apk-tools, doc/apk-package.5 and src/package.c). Null: it is none, or what leads to its files is damaged.
 */
export function apkParts(fd: number): ApkParts | null {
  const first = partAt(fd, 0);
  if (first === null) return null;
  const isSigned = [...first.files.keys()].some((name) => name.startsWith(".SIGN."));
  const control = isSigned ? partAt(fd, first.size) : first;
  if (control === null || !control.files.has(".PKGINFO")) return null;
  // A package of pacman has its .PKGINFO in the same stream as its files.
  if ([...control.files.keys()].some((name) => !name.startsWith("."))) return null;
  const data = control.offset + control.size;
  if (!isGzip(fileSource(fd)(data, 3))) return null;
  return { signature: isSigned ? first : null, control, data };
}

/** Whether it may be an .apk: only those of gzip are. */
export function isApk(source: ByteSource, fd: number): boolean {
  return isGzip(source(0, 3)) && apkParts(fd) !== null;
}

/** Reads an .apk: `.PKGINFO` first, then the entries of the files. */
export async function readApk(fd: number, take: TakeEntry): Promise<PackageFile | null> {
  const parts = apkParts(fd);
  if (parts === null) return null;
  const { control, data } = parts;
  const info = fieldsOf(control.files.get(".PKGINFO"));
  const files = new TarReader(take);
  const { size } = fs.fstatSync(fd);
  const damage = await unpackPart(fd, data, size - data, (bytes) => files.push(bytes));
  const end = files.finish();
  const scripts = [...control.files].filter(([name]) => /^\.(?:pre|post)-/.test(name));
  return {
    kind: "apk",
    name: info.get("pkgname") ?? "",
    version: info.get("pkgver") ?? "",
    architecture: info.get("arch") ?? "",
    damaged: damage ?? (typeof end === "string" ? null : end.damaged),
    scripts: new Map(scripts.map(([name, content]) => [name.slice(1), fromBytes(content)])),
  };
}

/** `name = value` lines of .PKGINFO; the first of a name counts. */
export function fieldsOf(info: Buffer = Buffer.alloc(0)): ReadonlyMap<string, Untrusted> {
  const fields = new Map<string, Untrusted>();
  for (const line of fromBytes(info).split("\n")) {
    const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && !fields.has(name)) fields.set(name, value);
  }
  return fields;
}

/** The gzip stream that begins there; null where none does, or it is larger than such a part may be. */
function partAt(fd: number, offset: number): Part | null {
  const packed = fileSource(fd)(offset, LARGEST_PART);
  const body = bodyOf(packed);
  if (body === null) return null;
  try {
    const { buffer, engine } = inflateRawSync(packed.subarray(body), {
      info: true,
      maxOutputLength: LARGEST_PART,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    // After the packed bytes: CRC and length (RFC 1952).
    return { offset, size: body + engine.bytesWritten + 8, files: filesOf(buffer) };
  } catch {
    return null;
  }
}

/** The files in a piece of a tar archive, which has no end of its own. */
function filesOf(tar: Buffer): Map<Untrusted, Buffer> {
  const files = new Map<Untrusted, Buffer>();
  const reader = new TarReader(({ path, type }) => {
    if (type !== "file") return null;
    const pieces: Uint8Array[] = [];
    return {
      write: (bytes) => void pieces.push(Uint8Array.from(bytes)),
      end: () => {
        if (!files.has(path.slice(1))) files.set(path.slice(1), Buffer.concat(pieces));
      },
    };
  });
  reader.push(tar);
  return files;
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** Where the packed bytes begin behind the header of a gzip stream (RFC 1952, 2.3); null: it is none. */
function bodyOf(packed: Uint8Array): number | null {
  if (!isGzip(packed)) return null;
  const flags = packed[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (packed[at] ?? 0) + ((packed[at + 1] ?? 0) << 8);
  for (const text of [8, 16]) {
    if ((flags & text) === 0) continue;
    const end = packed.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  return (flags & 2) === 0 ? at : at + 2;
}
