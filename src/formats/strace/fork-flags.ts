import { ascii, find } from "../text/bytes.ts";
import { WordFinder } from "../text/word-finder.ts";

const THREAD = new WordFinder(ascii("CLONE_THREAD"));
const FLAGS = ascii("flags=0x");
const CLONE_THREAD = 0x10000;
const OTHER_NUMBER = /\/\* (\d+) in strace's PID NS \*\//;

/** Whether a clone call makes a thread: by name, or by number (-X raw, `clone(0x1200011, …`). */
export function makesThread(bytes: Uint8Array, from: number, to: number): boolean {
  if (THREAD.find(bytes, from, to) !== -1) return true;
  const flags = find(bytes, from, Math.min(to, from + 200), FLAGS);
  const at = flags !== -1 ? flags + 6 : bytes[from] === 0x30 && bytes[from + 1] === 0x78 ? from : -1;
  if (at === -1) return false;
  const number = Number.parseInt(Buffer.from(bytes.subarray(at, Math.min(to, at + 18))).toString("latin1"), 16);
  return Number.isFinite(number) && Math.floor(number / CLONE_THREAD) % 2 === 1;
}

/** The child's number as the tracer sees it (--pidns-translation: `= 12 /* 3456 in strace's PID NS *\/`), or null. */
export function tracersNumber(bytes: Uint8Array, from: number, to: number): number | null {
  const found = OTHER_NUMBER.exec(Buffer.from(bytes.subarray(from, to)).toString("latin1"));
  return found === null ? null : Number(found[1]);
}
