import type { Untrusted } from "../model/text.ts";

/** A word of monit's control file. */
export interface MonitWord {
  text: Untrusted;
  quoted: boolean;
  file: Untrusted;
  line: number;
}

/** Most words of one file. */
const MAX_WORDS = 200_000;

/**
 * Splits a control file as monit's scanner does (src/l.l): blanks, commas and semicolons part words, `=` is a word, quotes of both kinds
 * keep words together, and `#` begins a comment outside them.
 */
export function readMonitWords(text: Untrusted, file: Untrusted): MonitWord[] {
  const words: MonitWord[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length && words.length < MAX_WORDS) {
    const c = text[at] as string;
    if (c === "\n") line++;
    if (/[\s,;\0]/.test(c)) at++;
    else if (c === "#") at = indexOr(text, "\n", at);
    else if (c === '"' || c === "'") {
      const end = indexOr(text, c, at + 1);
      const inside = text.slice(at + 1, end);
      words.push({ text: inside, quoted: true, file, line });
      line += inside.split("\n").length - 1;
      at = end + 1;
    } else if (c === "=") {
      words.push({ text: c, quoted: false, file, line });
      at++;
    } else {
      let end = at + 1;
      while (end < text.length && !/[\s,;\0="'#]/.test(text[end] as string)) end++;
      words.push({ text: text.slice(at, end), quoted: false, file, line });
      at = end;
    }
  }
  return words;
}

function indexOr(text: string, c: string, from: number): number {
  const found = text.indexOf(c, from);
  return found < 0 ? text.length : found;
}
