import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { PageLayout } from "../ftrace/header-page.ts";
import type { PageReading } from "../ftrace/page.ts";
import { traceDatHead, type TraceDescription, type TraceFacts } from "../ftrace/trace-dat/head.ts";
import { PagePacker } from "../ftrace/trace-dat/page-packer.ts";
import type { PageTee } from "../ftrace/trace-dat/tee.ts";
import { monotonicNs } from "../platform/clock.ts";
import { writeAll } from "./folder.ts";

/** Of raw pages no more than this is kept: ten minutes of the fastest storm seen. */
const MAX_SPOOL_BYTES = 2 ** 30;
/** Bytes gathered before they are written. */
const BATCH = 1 << 18;
const COPY = 1 << 20;

/**
 * Gathers the raw pages of a run in a file without a name: it takes no place in the folder, and none on the disk once this
 * program is gone, however it ends. `assemble` makes a trace.dat of them. It never throws before that: once something fails,
 * the pages are given up, and `failure` says why.
 */
export class TraceFile implements PageTee {
  failure: string | null = null;
  readonly #fd: number;
  readonly #limit: number;
  #description: TraceDescription | null = null;
  #packer: PagePacker | null = null;
  #epochOffsetUs = 0n;
  #stats: ReadonlyMap<number, string> = new Map();
  /** Numbers of the pages in the spool, by CPU. */
  readonly #pagesOf: number[][] = [];
  #pages = 0;
  #written = 0;
  #batch: Buffer = Buffer.alloc(0);
  #gathered = 0;

  /** `spool` is open for reading and writing, and has no name any more. */
  constructor(spool: number, limit = MAX_SPOOL_BYTES) {
    this.#fd = spool;
    this.#limit = limit;
  }

  /** Whether there is anything to make a trace.dat of. */
  get begun(): boolean {
    return this.#description !== null;
  }

  begin(description: TraceDescription, layout: PageLayout): void {
    this.#description = description;
    this.#epochOffsetUs = BigInt(Math.round(Date.now() * 1e3 - monotonicNs() / 1e3));
    this.#batch = Buffer.allocUnsafe(Math.max(BATCH, description.pageSize));
    this.#packer = new PagePacker(layout, (cpu, page) => this.#keep(cpu, page));
  }

  page(cpu: number, page: Uint8Array, reading: PageReading): void {
    if (this.failure === null) this.#packer?.add(cpu, page, reading);
  }

  end(stats: ReadonlyMap<number, string>): void {
    if (this.failure === null) this.#packer?.end();
    this.#stats = stats;
  }

  /** Gives the pages up, and their place on the disk back. @returns whether that gained any */
  giveUp(why: string): boolean {
    if (this.failure !== null) return false;
    this.failure = why;
    const gained = this.#written > 0;
    try {
      fs.ftruncateSync(this.#fd, 0);
    } catch (error) {
      this.failure += `; ${(error as Error).message}`;
      return false;
    }
    return gained;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** Writes the trace.dat. Throws the system's error. */
  assemble(to: number, facts: Pick<TraceFacts, "commands" | "uname" | "writer">): { size: number; sha256: string } {
    if (this.#description === null) throw new Error("there are no pages");
    this.#writeBatch();
    const { pageSize } = this.#description;
    const pagesOf = Array.from(this.#pagesOf, (pages) => pages ?? []);
    const head = traceDatHead({
      ...this.#description,
      ...facts,
      epochOffsetUs: this.#epochOffsetUs,
      stats: this.#stats,
      sizes: pagesOf.map((pages) => pages.length * pageSize),
    });
    const out = new HashedFile(to);
    out.write(head);
    const buffer = Buffer.allocUnsafe(Math.max(pageSize, COPY - (COPY % pageSize)));
    for (const pages of pagesOf) {
      let filled = 0;
      for (const page of pages) {
        if (filled === buffer.length) {
          out.write(buffer);
          filled = 0;
        }
        readAll(this.#fd, buffer.subarray(filled, filled + pageSize), page * pageSize);
        filled += pageSize;
      }
      out.write(buffer.subarray(0, filled));
    }
    fs.fsyncSync(to);
    return out.end();
  }

  #keep(cpu: number, page: Uint8Array): void {
    if (this.failure !== null) return;
    const size = this.#description?.pageSize ?? page.length;
    if (page.length !== size) {
      this.giveUp(`a page of ${page.length} bytes instead of ${size}`);
      return;
    }
    if (this.#written + this.#gathered + size > this.#limit) {
      this.giveUp(`more than ${this.#limit} bytes of raw pages`);
      return;
    }
    if (this.#gathered + size > this.#batch.length && !this.#tryBatch()) return;
    this.#batch.set(page, this.#gathered);
    this.#gathered += size;
    (this.#pagesOf[cpu] ??= []).push(this.#pages++);
  }

  /** @returns false when the pages had to be given up, so that there is no room for the next one either */
  #tryBatch(): boolean {
    try {
      this.#writeBatch();
      return true;
    } catch (error) {
      this.giveUp((error as Error).message);
      return false;
    }
  }

  #writeBatch(): void {
    writeAll(this.#fd, this.#batch.subarray(0, this.#gathered));
    this.#written += this.#gathered;
    this.#gathered = 0;
  }
}

/** Writes and hashes at once. */
class HashedFile {
  readonly #fd: number;
  readonly #hash = createHash("sha256");
  #size = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#fd, bytes);
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  end(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#hash.digest("hex") };
  }
}

function readAll(fd: number, into: Uint8Array, at: number): void {
  for (let done = 0; done < into.length;) {
    const got = fs.readSync(fd, into, done, into.length - done, at + done);
    if (got === 0) throw new Error("EIO: the kept pages are gone");
    done += got;
  }
}
