import type { ImageEvent, ProcessEvent, SeenEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";
import { Code, EVENT_TYPES, EXEC_CUT, MAX_TEXT_UNITS, MAX_TEXTS, WHOLE_TIME, WITH_PLACE } from "./event-layout.ts";

const TYPE_OF = new Map<ProcessEvent["type"], number>(EVENT_TYPES.map((type, index) => [type, index]));

function numberOf(event: ProcessEvent): number {
  if ((event.type === "seen" || event.type === "image") && hasPlace(event)) return WITH_PLACE[event.type];
  if (event.type === "exec" && event.argvCut === true) return EXEC_CUT;
  return TYPE_OF.get(event.type) as number;
}

function hasPlace(event: SeenEvent | ImageEvent): boolean {
  if (event.root !== undefined || event.rootMount !== undefined) return true;
  return event.type === "seen" ? event.mountNamespace !== undefined : event.cgroup !== undefined;
}

/** A number takes at most nine bytes, and no event has more than this many besides its lists and texts. */
const NUMBERS = 16;
const NUMBER_BYTES = 9;

/**
 * Writes events one after another into a buffer, about ten bytes each (docs/case-folder.md has the layout). Every field
 * comes back exactly, also text that no bytes can spell. A text is written once and afterwards named by its number.
 */
export class EventEncoder {
  #buffer = Buffer.allocUnsafe(1 << 17);
  #at = 0;
  #ts = 0;
  #units = 0;
  readonly #texts = new Map<Untrusted, number>();

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#at;
  }

  /** What has been written since the last call. Valid until the next `add`. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#at);
    this.#at = 0;
    return taken;
  }

  add(event: ProcessEvent): void {
    if (this.#texts.size >= MAX_TEXTS || this.#units >= MAX_TEXT_UNITS) {
      this.#texts.clear();
      this.#units = 0;
    }
    this.#room(NUMBERS * NUMBER_BYTES);
    this.#head(numberOf(event), event.ts);
    this.#number(event.type === "service" ? null : event.pid);
    this.#fields(event);
  }

  #fields(event: ProcessEvent): void {
    switch (event.type) {
      case "fork":
        this.#text(event.comm);
        this.#number(event.child);
        this.#number(event.childClaim);
        return this.#flag(event.thread);
      case "fork-failed":
        this.#text(event.comm);
        return this.#number(event.error);
      case "exec":
        this.#number(event.ppid);
        this.#text(event.comm);
        this.#text(event.exe);
        this.#argv(event.argv);
        return this.#number(event.error);
      case "exit":
        this.#text(event.comm);
        this.#number(event.code);
        this.#number(event.signal);
        return this.#flag(event.thread);
      case "child-signal":
        this.#number(event.reaper);
        this.#text(event.reaperComm);
        return this.#number(event.code);
      case "seen":
        this.#number(event.ppid);
        this.#text(event.comm);
        this.#text(event.exe);
        this.#text(event.abi?.machine ?? null);
        this.#number(event.abi?.bits ?? null);
        this.#numbers(event.threads);
        if (!hasPlace(event)) return;
        this.#text(event.mountNamespace);
        this.#text(event.root);
        return this.#text(event.rootMount);
      case "image":
        this.#text(event.comm);
        this.#text(event.exe);
        this.#text(event.mountNamespace);
        this.#number(event.bits);
        if (!hasPlace(event)) return;
        this.#text(event.root);
        this.#text(event.rootMount);
        return this.#text(event.cgroup);
      case "service":
        this.#text(event.unit);
        this.#flag(event.action === "start");
        return this.#flag(event.ok);
    }
  }

  /** The time is written as the step from the last event, or whole where that would not give it back exactly. */
  #head(type: number, ts: number): void {
    const step = ts - this.#ts;
    const exact = step >= 0 && this.#ts + step === ts && !Object.is(ts, -0);
    this.#buffer[this.#at++] = exact ? type : type | WHOLE_TIME;
    this.#number(exact ? step : ts);
    this.#ts = ts;
  }

  #number(value: number | null | undefined): void {
    const buffer = this.#buffer;
    if (value === null) buffer[this.#at++] = Code.none;
    else if (value === undefined) buffer[this.#at++] = Code.absent;
    else if (value >= 0 && value <= 0xffff_ffff && Math.trunc(value) === value && !Object.is(value, -0)) {
      if (value < Code.two) buffer[this.#at++] = value;
      else if (value <= 0xffff) {
        buffer[this.#at++] = Code.two;
        buffer[this.#at++] = value & 0xff;
        buffer[this.#at++] = value >>> 8;
      } else {
        buffer[this.#at] = Code.four;
        buffer.writeUInt32LE(value, this.#at + 1);
        this.#at += 5;
      }
    } else {
      buffer[this.#at] = Code.double;
      buffer.writeDoubleLE(value, this.#at + 1);
      this.#at += 9;
    }
  }

  #flag(value: boolean): void {
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  #numbers(values: readonly number[] | undefined): void {
    this.#number(values?.length);
    this.#room((values?.length ?? 0) * NUMBER_BYTES);
    for (const value of values ?? []) this.#number(value);
  }

  #argv(values: readonly Untrusted[] | null): void {
    this.#number(values?.length ?? null);
    for (const value of values ?? []) this.#text(value);
  }

  #text(text: Untrusted | null | undefined): void {
    if (text === null || text === undefined) return this.#number(text);
    const known = this.#texts.get(text);
    if (known !== undefined) {
      this.#room(NUMBERS * NUMBER_BYTES);
      return this.#number(known);
    }
    const id = this.#texts.size;
    this.#texts.set(text, id);
    this.#units += text.length;
    // Room for what follows the text too.
    this.#room(text.length * 2 + (NUMBERS + 2) * NUMBER_BYTES);
    this.#number(id);
    this.#number(text.length);
    this.#at += this.#buffer.write(text, this.#at, "utf16le");
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
