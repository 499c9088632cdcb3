import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { Untrusted } from "../model/text.ts";
import { answerFor, type Surrounding } from "./answer.ts";
import { LARGEST_READ } from "./content.ts";
import type { Owner } from "./types.ts";

const CHUNK = 1 << 20;

/**
 * The cheap half of a judgement, for thousands of files: the owner of a file whose content is what its package shipped and
 * against which nothing speaks. Null for everything else, which is then judged in full. Each inode is read once, whatever
 * its number of names.
 */
export class ShippedFiles {
  readonly #at: Surrounding;
  /** `device:inode:size:mtime:ctime` → MD5. */
  readonly #digests = new Map<string, string | null>();
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  constructor(at: Surrounding) {
    this.#at = at;
  }

  /** Throws what the file system throws. */
  ownerOf(path: Untrusted): Owner | null {
    const { root, database } = this.#at;
    if (database === null) return null;
    const entry = root.canonical(path);
    const real = root.realpath(path);
    if (entry === null || real === null || database.ownersOf(real).length === 0) return null;
    const md5 = this.#digest(real);
    if (md5 === null || database.modeOverrideOf(entry) !== null) return null;
    const { owned, reasons } = answerFor(this.#at, entry, real, md5);
    if (owned?.shipped?.hex !== md5) return null;
    const suspicious = reasons.some(({ weight }) => weight === "strong" || weight === "medium");
    return suspicious ? null : owned.by.owner;
  }

  #digest(real: Untrusted): string | null {
    const { root } = this.#at;
    const fd = root.open(real);
    if (fd === null) return null;
    try {
      const stat = fs.fstatSync(fd, { bigint: true });
      const key = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
      let digest = this.#digests.get(key);
      if (digest === undefined) {
        digest = stat.size > LARGEST_READ ? null : this.#read(fd);
        this.#digests.set(key, digest);
      }
      return digest;
    } finally {
      fs.closeSync(fd);
    }
  }

  #read(fd: number): string {
    const hash = createHash("md5");
    for (let at = 0; ;) {
      const got = fs.readSync(fd, this.#buffer, 0, CHUNK, at);
      if (got === 0 || at > LARGEST_READ) return hash.digest("hex");
      hash.update(this.#buffer.subarray(0, got));
      at += got;
    }
  }
}
