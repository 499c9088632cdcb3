import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { fieldsOf } from "./apk.ts";
import type { TakeEntry } from "./entry.ts";
import type { PackageFile } from "./package-file.ts";
import { unpackPart } from "./pieces.ts";
import { TarReader } from "./tar.ts";

const LARGEST_INFO = 4 << 20;
/** What stands for the package itself, before its files (libalpm, be_package.c). */
const OWN: ReadonlySet<Untrusted> = new Set(["/.PKGINFO", "/.BUILDINFO", "/.MTREE", "/.INSTALL", "/.CHANGELOG"]);

/**
 * Reads a package of pacman: a tar archive, packed in any way, which begins with files about the package. Null where it does
 * not begin so.
 */
export async function readPacman(fd: number, take: TakeEntry): Promise<PackageFile | null> {
  const texts = new Map<Untrusted, Buffer>();
  let isPackage: boolean | null = null;
  const files = new TarReader((entry) => {
    const isOwn = OWN.has(entry.path);
    isPackage ??= isOwn;
    if (!isPackage) return "enough";
    if (!isOwn) return take(entry);
    if (entry.type !== "file" || entry.size > LARGEST_INFO || texts.has(entry.path)) return null;
    const pieces: Uint8Array[] = [];
    return {
      write: (bytes) => void pieces.push(Uint8Array.from(bytes)),
      end: () => void texts.set(entry.path, Buffer.concat(pieces)),
    };
  });
  const damage = await unpackPart(fd, 0, fs.fstatSync(fd).size, (bytes) => files.push(bytes));
  if (isPackage !== true) return null;
  const end = files.finish();
  const info = fieldsOf(texts.get("/.PKGINFO"));
  const script = texts.get("/.INSTALL");
  return {
    kind: "pacman",
    name: info.get("pkgname") ?? "",
    version: info.get("pkgver") ?? "",
    architecture: info.get("arch") ?? "",
    damaged: damage ?? (typeof end === "string" ? null : end.damaged),
    scripts: new Map(script === undefined ? [] : [["install", fromBytes(script)]]),
  };
}
