import { SPACE } from "../text/bytes.ts";
import { readTime } from "../snoop/stamp.ts";

const NAMES = /^(?:TIME\(ms\)|TIME) +PID +(?:PPID +)?ARGS$/;

/** The columns of execsnoop.bt: `TIME(ms) PID ARGS` (bpftrace 0.9 to 0.20), `TIME PID PPID ARGS` (since), as wide as their header. */
export class BtColumns {
  readonly #isMillis: boolean;
  readonly #widths: readonly number[];
  readonly #numbers: number[] = [];
  readonly hasParent: boolean;
  /** Of the line cut last: ns since the start or since midnight, and the tick of that. */
  ns = 0;
  tick = 1;
  argsFrom = 0;

  private constructor(line: string) {
    this.#isMillis = line.startsWith("TIME(ms)");
    this.hasParent = line.includes("PPID");
    const starts = [...line.matchAll(/\S+/g)].map(({ index }) => index).slice(1);
    this.#widths = starts.slice(1).map((start, i) => start - (starts[i] as number) - 1);
  }

  static of(line: string): BtColumns | null {
    const header = line.trimEnd();
    return header.length < 64 && NAMES.test(header) ? new BtColumns(header) : null;
  }

  get isOfDay(): boolean {
    return !this.#isMillis;
  }

  get pid(): number {
    return this.#numbers[0] ?? 0;
  }

  get ppid(): number | null {
    return this.#numbers[1] ?? null;
  }

  /** Cuts the line [from, to). @returns whether it has these columns */
  cut(bytes: Uint8Array, from: number, to: number): boolean {
    let at = skipBlanks(bytes, from, to);
    if (this.#isMillis) {
      const end = endOfNumber(bytes, at, to);
      if (end === at || end - at > 10) return false;
      this.ns = valueOf(bytes, at, end) * 1e6;
      this.tick = 1e6;
      at = end;
    } else {
      const time = readTime(bytes, at, to);
      if (time?.isOfDay !== true) return false;
      this.ns = time.ns;
      this.tick = time.tick;
      at = time.to;
    }
    if (bytes[at] !== SPACE) return false;
    at = skipBlanks(bytes, at, to);
    for (const [column, width] of this.#widths.entries()) {
      const end = endOfNumber(bytes, at, to);
      if (end === at || end - at > 10) return false;
      this.#numbers[column] = valueOf(bytes, at, end);
      const next = Math.max(end, at + width);
      if (next >= to) return false;
      for (let pad = end; pad <= next; pad++) if (bytes[pad] !== SPACE) return false;
      at = next + 1;
    }
    this.argsFrom = at;
    return this.pid > 0;
  }
}

function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === SPACE) at++;
  return at;
}

function endOfNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at;
}

function valueOf(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + (bytes[at] as number) - 0x30;
  return value;
}
