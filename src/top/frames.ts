import { displayWidth } from "../report/text/width.ts";
import type { Safe } from "../report/text/sanitise.ts";

const ESCAPE = "\u001b";

/**
 * Puts whole screens on a terminal by writing only what differs from the last one: over a slow line a redraw is a few
 * hundred bytes, and no line is ever erased before it is written again, so nothing flickers. Lines must be no wider than
 * the terminal, and be text that is safe to print with nothing but colour codes of ours.
 */
export class Frames {
  readonly #write: (text: string) => void;
  /** What is on the terminal; null: nobody knows. */
  #shown: string[] | null = null;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** The terminal was cleared, resized or written to by somebody else: the next screen is drawn in full. */
  forget(): void {
    this.#shown = null;
  }

  draw(lines: readonly string[]): void {
    let out = this.#shown === null ? `${ESCAPE}[0m${ESCAPE}[2J` : "";
    const before = this.#shown ?? [];
    for (let row = 0; row < Math.max(lines.length, before.length); row++)
      out += change(row, before[row] ?? "", lines[row] ?? "");
    this.#shown = [...lines];
    if (out !== "") this.#write(out);
  }
}

/** What makes one line of another: nothing, the middle that differs, or the whole line. */
function change(row: number, before: string, now: string): string {
  if (before === now) return "";
  const whole = `${ESCAPE}[${row + 1};1H${now}${now.includes(ESCAPE) ? `${ESCAPE}[0m` : ""}${ESCAPE}[K`;
  if (before.includes(ESCAPE) || now.includes(ESCAPE)) return whole;
  let start = 0;
  while (start < now.length && now[start] === before[start] && isAscii(now, start)) start++;
  // A mark that joins what stands before it must not be cut off from that.
  if (start > 0 && start < now.length && !isAscii(now, start)) start--;
  let end = 0;
  const most = Math.min(now.length, before.length) - start;
  while (end < most && now[now.length - 1 - end] === before[before.length - 1 - end]) end++;
  while (end > 0 && !isAscii(now, now.length - end)) end--;
  const [was, is] = [before.slice(start, before.length - end), now.slice(start, now.length - end)];
  const lead = `${ESCAPE}[${row + 1};${start + 1}H`;
  if (end > 0 && width(was) === width(is)) return lead + is;
  return `${lead}${now.slice(start)}${ESCAPE}[K`;
}

function isAscii(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x20 && code < 0x7f;
}

function width(text: string): number {
  return displayWidth(text as Safe);
}
