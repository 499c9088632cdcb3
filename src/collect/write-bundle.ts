import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { BUNDLE_SCHEMA, MANIFEST, MANIFEST_DIGEST, type Bundle, type Item } from "./manifest.ts";
import { seal } from "./seal.ts";

/**
 * Writes a bundle: a tar.gz of mode 0600 that is there under its name from the beginning, and whole once its manifest is.
 * Nothing that is there already is replaced.
 */
export class BundleWriter {
  readonly #tar: Pack = pack();
  readonly #written: Promise<void>;
  readonly #items: Item[] = [];
  readonly #path: string;

  /** Throws the system's error, EEXIST where anything has the name. */
  constructor(path: string) {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    this.#path = path;
    this.#written = pipeline(this.#tar, createGzip(), fs.createWriteStream("", { fd, flush: true }));
    // Told by `finish` and `add`; without this an early end would count as nobody's.
    this.#written.catch(() => undefined);
  }

  /** Adds an item. */
  async add(
    item: Pick<Item, "name" | "kind" | "source"> & { cut?: boolean; note?: string },
    content: Uint8Array,
  ): Promise<void> {
    const { name, kind, source, cut = false, note = null } = item;
    await this.#put(name, content);
    this.#items.push({ name, kind, size: content.length, sha256: digestOf(content), source, sealed: null, cut, note });
  }

  /** Adds a file that must not be run or found: sealed, under a name that ends in `.sealed`. */
  async addSealed(
    item: Pick<Item, "name" | "kind" | "source"> & { cut?: boolean; note?: string },
    content: Uint8Array,
    password: string,
  ): Promise<void> {
    const { name, kind, source, cut = false, note = null } = item;
    const bytes = seal(content, password);
    await this.#put(`${name}.sealed`, bytes);
    const sealed = { size: content.length, sha256: digestOf(content) };
    this.#items.push({
      name: `${name}.sealed`,
      kind,
      size: bytes.length,
      sha256: digestOf(bytes),
      source,
      sealed,
      cut,
      note,
    });
  }

  /** Writes the manifest and ends the archive; gives its size. Rejects with the system's error: then it is not whole. */
  async finish(facts: Omit<Bundle, "schema" | "items">): Promise<{ size: number; items: number; sha256: string }> {
    const manifest: Bundle = { schema: BUNDLE_SCHEMA, ...facts, items: this.#items };
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const sha256 = digestOf(bytes);
    await this.#put(MANIFEST, bytes);
    await this.#put(MANIFEST_DIGEST, Buffer.from(`${sha256}  ${MANIFEST}\n`));
    this.#tar.finalize();
    await this.#written;
    return { size: fs.statSync(this.#path).size, items: this.#items.length, sha256 };
  }

  /** Removes what was written so far. */
  async discard(): Promise<void> {
    this.#tar.destroy(new Error("discarded"));
    await this.#written.catch(() => undefined);
    fs.rmSync(this.#path, { force: true });
  }

  async #put(name: string, content: Uint8Array): Promise<void> {
    const entry = this.#tar.entry({ name: `bundle/${name}`, size: content.length, mode: 0o600, mtime: new Date() });
    const done = new Promise<void>((resolve, reject) => {
      entry.on("finish", resolve);
      entry.on("error", reject);
    });
    entry.end(Buffer.from(content.buffer, content.byteOffset, content.length));
    await Promise.race([done, this.#written]);
  }
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
