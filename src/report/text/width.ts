import stringWidth from "string-width";
import { VISIBLE_ESCAPE, type Safe } from "./sanitise.ts";

/**
 * Text measured in columns of a terminal: a Chinese character takes two. Safe text holds no control characters, so no
 * colour code can be cut here; the visible escapes of hostile characters (`\u{202e}`) are kept in one piece.
 */
export function displayWidth(text: Safe): number {
  return columnsOf(text);
}

/** Nearly all text of an English report; a hundred times cheaper to measure than to ask for the width of each character. */
const PRINTABLE_ASCII = /^[ -~]*$/;
/** With the signs of the catalogues, one column each. string-width makes a table of all emoji before its first answer. */
const NARROW = /^[ -~\u00a0·×µ–—‘’“”…→−≥≤]*$/;

function columnsOf(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text);
}

/** Fills up with blanks to `columns`; longer text stays as it is. */
export function padEnd(text: Safe, columns: number): Safe {
  return (text + " ".repeat(Math.max(0, columns - displayWidth(text)))) as Safe;
}

/** As `padEnd`, for numbers. */
export function padStart(text: Safe, columns: number): Safe {
  return (" ".repeat(Math.max(0, columns - displayWidth(text))) + text) as Safe;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const ESCAPES = new RegExp(`(${VISIBLE_ESCAPE.source})`);

/** The pieces that must not be cut: visible escapes and grapheme clusters. */
function atoms(text: string): string[] {
  const found: string[] = [];
  text.split(ESCAPES).forEach((part, index) => {
    if (index % 2 === 1) found.push(part);
    else for (const { segment } of graphemes.segment(part)) found.push(segment);
  });
  return found;
}

/**
 * Shortens to `columns` by leaving out the middle. The end keeps two thirds, because in a path the name stands there.
 */
export function truncateMiddle(text: Safe, columns: number, ellipsis: Safe): Safe {
  if (displayWidth(text) <= columns) return text;
  const room = columns - displayWidth(ellipsis);
  if (room <= 0) return take(atoms(ellipsis), columns) as Safe;
  const all = atoms(text);
  const tail = take(all.slice().reverse(), Math.ceil((room * 2) / 3), true);
  const head = take(all, room - columnsOf(tail));
  return (head + ellipsis + tail) as Safe;
}

function take(from: readonly string[], columns: number, reversed = false): string {
  const taken: string[] = [];
  let width = 0;
  for (const atom of from) {
    width += columnsOf(atom);
    if (width > columns) break;
    taken.push(atom);
  }
  return (reversed ? taken.reverse() : taken).join("");
}

const WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|[\u3000-\u303f\uff01-\uff5e]/u;
const NOT_FIRST = /^[\u00a0,.;:!?%)\]}，。；：！？、）】》」』”’…·]/;
const NOT_LAST = /[\u00a0([{（【《「『“‘]$/;

/**
 * Breaks text into lines of at most `columns` columns, at blanks and between Chinese characters, but not before a
 * closing or after an opening mark. A word longer than a line is cut wherever the line ends. U+00A0 keeps a number
 * and its unit together.
 */
export function wrap(text: Safe, columns: number): Safe[] {
  const lines: string[] = [];
  let current = "";
  let width = 0;
  for (const { word, gap } of words(text)) {
    const needed = columnsOf(word);
    if (current !== "" && width + gap + needed <= columns) {
      current += " ".repeat(gap) + word;
      width += gap + needed;
      continue;
    }
    if (current !== "") lines.push(current);
    const pieces = needed <= columns ? [word] : cut(word, columns);
    current = pieces.pop() ?? "";
    lines.push(...pieces);
    width = columnsOf(current);
  }
  if (current !== "" || lines.length === 0) lines.push(current);
  return lines as Safe[];
}

/** A word in pieces of at most `columns` columns (an atom that is wider stands alone). */
function cut(word: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  let width = 0;
  for (const atom of atoms(word)) {
    const wide = columnsOf(atom);
    if (piece !== "" && width + wide > columns) {
      pieces.push(piece);
      piece = "";
      width = 0;
    }
    piece += atom;
    width += wide;
  }
  return [...pieces, piece];
}

/** Unbreakable words, each with the number of blanks before it (0 between Chinese characters). */
function words(text: Safe): { word: string; gap: number }[] {
  const found: { word: string; gap: number }[] = [];
  for (const token of text.matchAll(/( *)([^ ]+)/g)) {
    let gap = (token[1] as string).length;
    let word = "";
    const rest = token[2] as string;
    if (PRINTABLE_ASCII.test(rest)) {
      found.push({ word: rest, gap });
      continue;
    }
    for (const atom of atoms(rest)) {
      const breaks = word !== "" && (WIDE.test(atom) || WIDE.test(word.at(-1) as string));
      if (breaks && !NOT_FIRST.test(atom) && !NOT_LAST.test(word.at(-1) as string)) {
        found.push({ word, gap });
        word = "";
        gap = 0;
      }
      word += atom;
    }
    found.push({ word, gap });
  }
  return found;
}
