import type { Untrusted } from "../../model/text.ts";
import { commandProgram, type Becomes } from "./scripts.ts";
import { unwrap } from "./wrappers.ts";

/** Shells of which `-c TEXT` says what they run. */
const SHELLS = /^(?:sh|dash|bash|ash|ksh|zsh)$/;

/**
 * Splits a command into words as Python's `shlex.split` and most daemons do that start programs without a shell: blanks
 * part words, both quotes and backslashes keep them together. Null: a quote is not closed.
 */
export function splitWords(text: Untrusted): Untrusted[] | null {
  const words: Untrusted[] = [];
  let word: Untrusted | null = null;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string;
    if (quote === "'" ? c === "'" : c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) {
      quote = c;
      word ??= "";
    } else if (c === "\\" && quote !== "'") {
      const next = text[at + 1];
      if (next === undefined) return null;
      // Inside double quotes a backslash escapes only itself and the quote.
      word = (word ?? "") + (quote === '"' && next !== '"' && next !== "\\" ? c + next : next);
      at++;
    } else if (quote === "" && /[ \t\r\n]/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (quote !== "") return null;
  if (word !== null) words.push(word);
  return words;
}

/** What a command that is started without a shell turns into: wrappers taken off, and `sh -c TEXT` read. */
export function argvProgram(words: readonly Untrusted[]): Pick<Becomes, "program" | "chroot"> & { shell: boolean } {
  const { words: left, shellText, chroot } = unwrap(words);
  const [first = null] = left;
  const isShell = first !== null && SHELLS.test(first.slice(first.lastIndexOf("/") + 1));
  const option = isShell ? left.findIndex((word, i) => i > 0 && /^-[a-z]*c$/.test(word)) : -1;
  const text = shellText ?? (option > 0 ? (left[option + 1] ?? null) : null);
  if (text === null) return { program: first === "" ? null : first, chroot, shell: false };
  const inner = commandProgram(text);
  return { program: inner.program, chroot: inner.chroot ?? chroot, shell: true };
}
