import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { setImmediate } from "node:timers/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { EventSink, ProcessEvent } from "../model/events.ts";
import { DamagedEvents, EventDecoder } from "./event-decoder.ts";
import { EventEncoder } from "./event-encoder.ts";
import { EVENTS_MAGIC, FRAME_BYTES, FRAME_HEADER, MAX_FRAME_BYTES } from "./event-layout.ts";
import { writeAll } from "./folder.ts";

/** A recording does not grow beyond this, packed: an hour of the fastest storm seen. */
const MAX_FILE_BYTES = 2 ** 31;

/** The account of a file of events. */
export interface EventsWritten {
  kept: number;
  dropped: number;
  size: number;
  sha256: string;
}

/**
 * Writes events while they happen, packed frame by frame. It never throws and never waits for more than the file
 * system: once writing fails, what follows is only counted, and `failure` says why.
 */
export class EventFile {
  failure: string | null = null;
  readonly #fd: number;
  readonly #limit: number;
  readonly #makeRoom: () => boolean;
  readonly #encoder = new EventEncoder();
  readonly #hash = createHash("sha256");
  #size = 0;
  #kept = 0;
  #pending = 0;
  #dropped = 0;

  /** `makeRoom` is asked once when the disk is full; true: it has gained some place. */
  constructor(fd: number, limit = MAX_FILE_BYTES, makeRoom = (): boolean => false) {
    this.#fd = fd;
    this.#makeRoom = makeRoom;
    this.#limit = limit;
    this.#write(Buffer.from(EVENTS_MAGIC));
  }

  add(event: ProcessEvent): void {
    if (this.failure !== null) {
      this.#dropped++;
      return;
    }
    this.#encoder.add(event);
    this.#pending++;
    if (this.#encoder.length >= FRAME_BYTES) this.#frame();
  }

  /** Writes the rest and closes the file. */
  end(): EventsWritten {
    if (this.failure === null && this.#pending > 0) this.#frame();
    try {
      fs.fsyncSync(this.#fd);
    } catch (error) {
      this.failure ??= (error as Error).message;
    }
    fs.closeSync(this.#fd);
    return { kept: this.#kept, dropped: this.#dropped, size: this.#size, sha256: this.#hash.digest("hex") };
  }

  #frame(): void {
    const block = this.#encoder.take();
    const packed = deflateRawSync(block, { level: 1 });
    const frame = Buffer.allocUnsafe(FRAME_HEADER + packed.length);
    frame.writeUInt32LE(packed.length, 0);
    frame.writeUInt32LE(block.length, 4);
    packed.copy(frame, FRAME_HEADER);
    if (this.#size + frame.length > this.#limit) this.failure = `more than ${this.#limit} bytes of events`;
    else if (block.length > MAX_FRAME_BYTES) this.failure = "an event too large to be kept";
    else this.#write(frame);
    if (this.failure === null) this.#kept += this.#pending;
    else this.#dropped += this.#pending;
    this.#pending = 0;
  }

  #write(bytes: Uint8Array): void {
    try {
      writeAll(this.#fd, bytes);
      this.#hash.update(bytes);
      this.#size += bytes.length;
    } catch (error) {
      this.failure = (error as Error).message;
      this.#cutTorn();
      if (!this.#makeRoom()) return;
      this.failure = null;
      this.#write(bytes);
    }
  }

  /** A frame that was written in part goes, so that the file ends with a whole one. */
  #cutTorn(): void {
    try {
      fs.ftruncateSync(this.#fd, this.#size);
    } catch (error) {
      this.failure += `; ${(error as Error).message}`;
    }
  }
}

/** What reading a file of events yielded; `damage` says why it ended early, null when it did not. */
export interface EventsRead {
  events: number;
  /** Time of the last event, ns. */
  lastTs: number;
  damage: string | null;
}

/** So often, in frames, others get their turn while a file is read: some 200,000 events. */
const PAUSE_EVERY = 16;

/** Passes on the events of an open file. Never rejects for what the file holds; what the sink throws is thrown on. */
export async function readEvents(fd: number, sink: EventSink, aborted = (): boolean => false): Promise<EventsRead> {
  const decoder = new EventDecoder(sink);
  let damage: string | null = null;
  try {
    const file = new Frames(fd);
    let frames = 0;
    for (let block = file.next(); block !== null && !aborted(); block = file.next()) {
      decoder.block(block);
      if (++frames % PAUSE_EVERY === 0) await setImmediate();
    }
  } catch (error) {
    if (!(error instanceof DamagedEvents)) throw error;
    damage = error.message;
  }
  return { events: decoder.events, lastTs: decoder.lastTs, damage };
}

/** The frames of a file, unpacked one by one. */
class Frames {
  readonly #fd: number;
  #at = 0;

  constructor(fd: number) {
    this.#fd = fd;
    if (this.#read(EVENTS_MAGIC.length).toString("latin1") !== EVENTS_MAGIC)
      throw new DamagedEvents("it does not begin as a file of events");
  }

  next(): Buffer | null {
    const header = this.#read(FRAME_HEADER);
    if (header.length === 0) return null;
    if (header.length < FRAME_HEADER) throw new DamagedEvents("it breaks off within a frame");
    const packed = header.readUInt32LE(0);
    const length = header.readUInt32LE(4);
    // Deflate makes nothing more than a thousandth larger.
    if (length > MAX_FRAME_BYTES || packed > MAX_FRAME_BYTES + (MAX_FRAME_BYTES >> 8))
      throw new DamagedEvents("a frame larger than any that is written");
    const bytes = this.#read(packed);
    if (bytes.length < packed) throw new DamagedEvents("it breaks off within a frame");
    return unpacked(bytes, length);
  }

  #read(length: number): Buffer {
    // The size of the file bounds what is set aside: a header can promise anything.
    const left = Math.max(0, fs.fstatSync(this.#fd).size - this.#at);
    const buffer = Buffer.allocUnsafe(Math.min(length, left));
    let total = 0;
    while (total < buffer.length) {
      const got = fs.readSync(this.#fd, buffer, total, buffer.length - total, this.#at + total);
      if (got === 0) break;
      total += got;
    }
    this.#at += total;
    return buffer.subarray(0, total);
  }
}

function unpacked(packed: Uint8Array, length: number): Buffer {
  let block: Buffer;
  try {
    block = inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw new DamagedEvents(`a frame that cannot be unpacked (${(error as NodeJS.ErrnoException).code ?? "?"})`);
  }
  if (block.length !== length) throw new DamagedEvents("a frame of another length than it says");
  return block;
}
