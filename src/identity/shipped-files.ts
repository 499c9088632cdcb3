import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { Untrusted } from "../model/text.ts";
import { answerFor, type Surrounding } from "./answer.ts";
import { LARGEST_READ } from "./content.ts";
import { isShipped, type DigestAlgorithm, type Digests } from "./digests.ts";
import { isTooLarge } from "./file-facts.ts";
import { areAsShipped } from "./metadata.ts";
import { rightsOf, type Rights } from "./rights.ts";
import type { Owner } from "./types.ts";

const CHUNK = 1 << 20;

interface Looked {
  digests: Digests;
  rights: Rights;
}

/**
 * The cheap half of a judgement, for thousands of files: the owner of a file whose content and rights are what its package
 * shipped and against which nothing speaks. Null for everything else, which is then judged in full. Each inode is read once, whatever
 * its number of names.
 */
export class ShippedFiles {
  readonly #at: Surrounding;
  /** By `device:inode:size:mtime:ctime`; null: not read. */
  readonly #looked = new Map<string, Looked | null>();
  readonly #known = new Map<string, Digests>();
  readonly #buffer = Buffer.allocUnsafe(CHUNK);

  constructor(at: Surrounding) {
    this.#at = at;
  }

  /** Digests that were computed elsewhere, by that stamp. */
  know(stamp: string, digests: Digests): void {
    this.#known.set(stamp, digests);
  }

  /** Throws what the file system throws. */
  ownerOf(path: Untrusted): Owner | null {
    const { root, database } = this.#at;
    if (database === null) return null;
    const entry = root.canonical(path);
    const real = root.realpath(path);
    if (entry === null || real === null || database.ownersOf(real).length === 0) return null;
    const content = this.#look(real, database.algorithms);
    if (content === null) return null;
    const { digests, rights } = content;
    const { owned, reasons } = answerFor(this.#at, entry, real, digests);
    if (owned === null || !isShipped(owned.shipped, digests)) return null;
    if (!areAsShipped(this.#at, real, owned.by, rights)) return null;
    const suspicious = reasons.some(({ weight }) => weight === "strong" || weight === "medium");
    return suspicious ? null : owned.by.owner;
  }

  #look(real: Untrusted, algorithms: readonly DigestAlgorithm[]): Looked | null {
    const { root } = this.#at;
    const fd = root.open(real);
    if (fd === null) return null;
    try {
      const stat = fs.fstatSync(fd, { bigint: true });
      const key = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
      let looked = this.#looked.get(key);
      if (looked === undefined) {
        const digests = this.#known.get(key) ?? (isTooLarge(stat) ? null : this.#read(fd, algorithms));
        looked = digests === null ? null : { digests, rights: rightsOf(fd, stat) };
        this.#looked.set(key, looked);
      }
      return looked;
    } finally {
      fs.closeSync(fd);
    }
  }

  #read(fd: number, algorithms: readonly DigestAlgorithm[]): Digests {
    const hashes = algorithms.map((name) => ({ name, hash: createHash(name) }));
    for (let at = 0; at <= LARGEST_READ;) {
      const got = fs.readSync(fd, this.#buffer, 0, CHUNK, at);
      if (got === 0) break;
      const bytes = this.#buffer.subarray(0, got);
      for (const { hash } of hashes) hash.update(bytes);
      at += got;
    }
    return Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest("hex")]));
  }
}
