import type { Untrusted } from "../model/text.ts";
import { integerPlace, textPlace, type EventFormat } from "./event-format.ts";
import type { TextPool } from "./text-pool.ts";

const POINTER = 8;
/** Size of the pages of all machines that are read here, or a divisor of it. */
const PAGE = 4096;
/** What kernels from 6.2 to 6.4 wrote where text could not be read (FAULT_STRING of kernel/trace/trace_probe.h). */
const FAULT = "(fault)";

/** Where the parts of a record of an event probe on the entry of execve(2) stand; texts as `__data_loc`. */
export interface EntryPlan {
  how: "entry";
  argv: number;
  file: number | null;
  pointers: number[];
  texts: number[];
  least: number;
}

/** What such a record tells for certain. */
export interface EntryCall {
  file: Untrusted | null;
  argv: Untrusted[];
  /** There are more arguments, or it is not known that there are none. */
  cut: boolean;
}

/**
 * Reads the format of such a probe: `argv`, the vector's address; `file`, which may be missing; `p0`, `p1`, …, the
 * pointers in it, one more than texts; `a0`, `a1`, …, the texts. Null when it is not of that kind.
 */
export function entryPlan(format: EventFormat): EntryPlan | null {
  const argv = integerPlace(format, "argv", POINTER);
  const pointers = numbered((name) => integerPlace(format, name, POINTER), "p");
  const texts = numbered((name) => dataLoc(format, name), "a");
  if (argv === null || texts.length === 0 || pointers.length !== texts.length + 1) return null;
  const file = dataLoc(format, "file");
  const least = Math.max(argv + POINTER, ...pointers.map((at) => at + POINTER), ...[...texts, file ?? 0].map((at) => at + 4)); // prettier-ignore
  return { how: "entry", argv, file, pointers, texts, least };
}

/**
 * Reads a record of `length` bytes at `at`, or gives null when it tells no argument. An event probe cannot load a page
 * that is not in memory, so anything may be missing, and the bytes of a number that could not be read are what lay in
 * the buffer before (kernel/trace/trace_probe_tmpl.h process_fetch_insn_bottom ignores the failure). So arguments are
 * told up to the first that is missing, and a NULL ends them only where an argument from the same page of the vector
 * was read.
 */
export function readEntry(
  plan: EntryPlan,
  page: DataView,
  at: number,
  length: number,
  pool: TextPool,
): EntryCall | null {
  const places = plan.texts.map((text) => page.getUint32(at + text, true));
  const textAt = (n: number): Untrusted | null => {
    // A text that could not be reached keeps the place where the next one was then put (store_trace_args).
    const place = places[n] ?? 0;
    const end = (place & 0xffff) + (place >>> 16);
    if (places.slice(n + 1).some((later) => later >>> 16 > 0 && (later & 0xffff) < end)) return null;
    return wholeText(page, at, length, place, pool);
  };
  const argv: Untrusted[] = [];
  let cut = true;
  for (let n = 0; n < plan.pointers.length; n++) {
    const isNull = isZero(page, at + (plan.pointers[n] as number));
    if (isNull && n > 0 && samePage(page, at + plan.argv, n - 1)) cut = false;
    const text = isNull || n === plan.texts.length ? null : textAt(n);
    if (text === null) break;
    argv.push(text);
  }
  if (argv.length === 0) return null;
  const file = plan.file === null ? null : wholeText(page, at, length, page.getUint32(at + plan.file, true), pool);
  return { file, argv, cut };
}

/** The text at a `__data_loc`, or null where it is not whole: its only NUL is its last byte. */
function wholeText(page: DataView, at: number, length: number, place: number, pool: TextPool): Untrusted | null {
  const start = place & 0xffff;
  const size = place >>> 16;
  if (size === 0 || start + size > length || page.getUint8(at + start + size - 1) !== 0) return null;
  for (let n = 0; n < size - 1; n++) if (page.getUint8(at + start + n) === 0) return null;
  const text = pool.read(page, at + start, size);
  return text === FAULT ? null : text;
}

/** Whether slots `n` and `n + 1` of the vector lie in one page. */
function samePage(page: DataView, argvAt: number, n: number): boolean {
  const first = (page.getUint32(argvAt, true) + n * POINTER) % PAGE;
  return first + 2 * POINTER <= PAGE;
}

function isZero(page: DataView, at: number): boolean {
  return page.getUint32(at, true) === 0 && page.getUint32(at + 4, true) === 0;
}

function dataLoc(format: EventFormat, name: string): number | null {
  const place = textPlace(format, name);
  return place?.how === "data-loc" ? place.at : null;
}

/** Places of fields with this letter and the numbers 0, 1, … as far as there are any. */
function numbered(place: (name: string) => number | null, letter: string): number[] {
  const found: number[] = [];
  for (let at = place(`${letter}0`); at !== null; at = place(`${letter}${found.length}`)) found.push(at);
  return found;
}
