import { closeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { recognise } from "./index.ts";
import {
  HEAD,
  isUnpackable,
  openRegular,
  packing,
  readHead,
  readPlain,
  readStream,
  readUnpacked,
} from "./input-bytes.ts";
import { fromSystemError, unrecognised, unusable, type UnusableInput } from "./input-error.ts";
import type { InputReading, InputStream, ReadOptions } from "./input.ts";
import type { RandomBytes } from "../model/random-bytes.ts";
import { fileBytes, Spool } from "./random-bytes.ts";
import type { ContainerFormat, Format, FormatReader, SinkOf, StreamReading } from "./types.ts";

/** How often a slow standard input is looked at, ms. */
const LOOK_EVERY = 200;

/** Reads sets of files one after another in this thread. */
export class InputRun {
  readonly streams: InputReading["streams"] = [];
  readonly #options: ReadOptions;
  readonly #total: number;
  readonly #unusable: UnusableInput[];
  #done = 0;
  /** Bytes that other threads have read of what they have not given back yet. */
  elsewhere: () => number = () => 0;

  /** @param total bytes of all files, for the progress; @param unusableInputs gets what gave nothing, or not all */
  constructor(options: ReadOptions, total: number, unusableInputs: UnusableInput[]) {
    this.#options = options;
    this.#total = total;
    this.#unusable = unusableInputs;
  }

  /** Bytes read so far, as stored. */
  get done(): number {
    return this.#done;
  }

  /** Takes what another thread has read into the account. */
  add(streams: InputReading["streams"], bytes: number): void {
    this.streams.push(...streams);
    this.#done += bytes;
    this.tell();
  }

  tell(): void {
    this.#options.progress?.(this.#done + this.elsewhere(), this.#total);
  }

  get aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  async readSet(name: string, paths: readonly string[]): Promise<void> {
    const stream = new StreamRun(name, this.#options);
    for (const path of paths) {
      if (this.aborted) break;
      try {
        stream.begin(path);
        await this.#readFile(path, stream);
        if (!stream.endFile() && !this.aborted)
          this.#unusable.push(stream.strange === null ? unusable(path, "empty") : unrecognised(path, stream.strange));
      } catch (error) {
        stream.endFile();
        const unread = fromSystemError(path, error);
        // What is given up half-way ends with an error of its own.
        if (!this.aborted) this.#unusable.push(unread);
      }
      // Also after an error: a packed file that is damaged has been unpacked up to there.
      const spooled = stream.takeSpooled();
      if (spooled === null) continue;
      try {
        await this.#readContainer(spooled.format, path, spooled.bytes);
      } catch (error) {
        this.#unusable.push(fromSystemError(path, error));
      } finally {
        spooled.bytes.close();
      }
    }
    const reading = stream.end();
    if (reading !== null) this.streams.push(reading);
  }

  /** A container is a stream of its own. */
  async #readContainer(format: ContainerFormat, path: string, bytes: RandomBytes): Promise<void> {
    const stream: InputStream = { format: format.id, name: path, files: [path] };
    this.#options.onStream?.(stream);
    const sinkOf = sinkOfStream(this.#options, stream);
    this.streams.push({ stream, reading: await format.read(bytes, path, sinkOf, () => this.aborted) });
  }

  async #readFile(path: string, stream: StreamRun): Promise<void> {
    const take = (bytes: Uint8Array): boolean => stream.take(bytes) && !this.aborted;
    if (path === "-") return this.#readStandardInput(take, () => stream.decideEarly());
    const fd = openRegular(path);
    try {
      const head = readHead(fd);
      const packed = packing(head);
      const format = packed === "plain" ? recognise(head) : null;
      if (packed === "plain" && head.length === HEAD) stream.foretell(format);
      const advance = (bytes: number): void => {
        this.#done += bytes;
        this.tell();
      };
      if (format !== null && "read" in format) {
        stream.ignore();
        await this.#readContainer(format, path, fileBytes(fd, advance));
      } else if (isUnpackable(packed)) await readUnpacked(packed, fd, take, advance);
      else if (packed === "plain")
        await readPlain(
          fd,
          (bytes) => {
            advance(bytes.length);
            return take(bytes);
          },
          () => setImmediate(),
        );
      else {
        this.#unusable.push(unusable(path, "compressed", packed));
        stream.ignore();
      }
    } finally {
      closeSync(fd);
    }
  }

  async #readStandardInput(take: (bytes: Uint8Array) => boolean, decide: () => void): Promise<void> {
    const stdin = this.#options.stdin ?? process.stdin;
    if (stdin.isTTY === true) throw Object.assign(new Error("standard input is a terminal"), { code: "ETERMINAL" });
    const { signal } = this.#options;
    const giveUp = (): void => void stdin.destroy();
    signal?.addEventListener("abort", giveUp, { once: true });
    const looking = setInterval(decide, LOOK_EVERY);
    try {
      await readStream(stdin, take);
    } finally {
      clearInterval(looking);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

/** Puts the files of one set into one reader, which opens with the first file whose format is recognised. */
class StreamRun {
  readonly #stream: InputStream;
  readonly #options: ReadOptions;
  readonly #sinkOf: SinkOf;
  #reader: FormatReader | null = null;
  #path = "";
  /** First bytes of the current file, until they are enough to recognise its format; then null. */
  #head: Uint8Array[] | null = [];
  #headLength = 0;
  #accepted = false;
  /** What a whole head of the current file was recognised as (null: as nothing); undefined: nobody has looked. */
  #foretold: Format | null | undefined;
  #spooled: { format: ContainerFormat; bytes: Spool } | null = null;
  /** First bytes of the current file, once it has turned out to be of no format that this stream reads; null when it was empty. */
  strange: Uint8Array | null = null;

  constructor(name: string, options: ReadOptions) {
    const stream: InputStream = { format: "", name, files: [] };
    this.#stream = stream;
    this.#options = options;
    this.#sinkOf = sinkOfStream(options, stream);
  }

  begin(path: string): void {
    this.#path = path;
    this.#head = [];
    this.#headLength = 0;
    this.#accepted = false;
    this.#foretold = undefined;
    this.strange = null;
  }

  /** The current file's whole head has been looked at already: what it was recognised as. */
  foretell(format: Format | null): void {
    this.#foretold = format;
  }

  /** Takes bytes of the current file. @returns false when there is no use in reading on. */
  take(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    if (this.#head === null) {
      if (this.#spooled !== null) this.#spooled.bytes.push(bytes);
      else if (this.#accepted) this.#reader?.push(bytes, this.#path);
      return this.#accepted;
    }
    if (this.#headLength === 0 && bytes.length >= HEAD) return this.#decide(bytes);
    this.#head.push(Uint8Array.from(bytes));
    this.#headLength += bytes.length;
    return this.#headLength < HEAD || this.#decide(Buffer.concat(this.#head));
  }

  /**
   * For a log that is still written: opens the reader as soon as what has come is recognised, although more might tell more. The
   * first line must be whole.
   */
  decideEarly(): void {
    if (this.#head === null || this.#headLength === 0) return;
    const bytes = Buffer.concat(this.#head);
    if (bytes.includes(10) && recognise(bytes) !== null) this.#decide(bytes);
  }

  #decide(bytes: Uint8Array): boolean {
    this.#head = null;
    this.strange = bytes.subarray(0, HEAD);
    const format = this.#foretold === undefined ? recognise(this.strange) : this.#foretold;
    if (format === null) return false;
    if ("read" in format) {
      this.#accepted = true;
      this.#spooled = { format, bytes: new Spool() };
      this.#spooled.bytes.push(bytes);
      return true;
    }
    if (this.#reader !== null && format.id !== this.#stream.format) return false;
    this.#accepted = true;
    this.#stream.files.push(this.#path);
    if (this.#reader === null) {
      this.#stream.format = format.id;
      this.#options.onStream?.(this.#stream);
      this.#reader = this.#options.open?.(format, this.#sinkOf) ?? format.open(this.#sinkOf);
    }
    this.#reader.push(bytes, this.#path);
    return true;
  }

  /** The container that the current file turned out to be, when it came as a stream; the caller reads and closes it. */
  takeSpooled(): { format: ContainerFormat; bytes: Spool } | null {
    const spooled = this.#spooled;
    this.#spooled = null;
    return spooled;
  }

  /** The current file has an account elsewhere. */
  ignore(): void {
    this.#accepted = true;
    this.#head = null;
  }

  /** @returns whether the current file could be used. */
  endFile(): boolean {
    if (this.#head !== null && this.#headLength > 0) this.#decide(Buffer.concat(this.#head));
    return this.#accepted;
  }

  end(): { stream: InputStream; reading: StreamReading } | null {
    return this.#reader === null ? null : { stream: this.#stream, reading: this.#reader.end() };
  }
}

/** The sinks for the hosts of one stream. */
export function sinkOfStream(options: ReadOptions, stream: InputStream): SinkOf {
  return "sink" in options ? () => options.sink : (host) => options.sinkOf(stream, host);
}
