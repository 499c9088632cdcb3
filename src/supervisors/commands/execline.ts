import type { Untrusted } from "../../model/text.ts";
import type { Becomes } from "./scripts.ts";
import { unwrap } from "./wrappers.ts";

/** A word of an execline script, or a block in braces. */
type Item = { text: Untrusted; at: number; block: boolean };

/** How a command of execline's words stand before the program that it goes on with. */
interface Prefix {
  /** Letters of options that take a value. */
  valued?: string;
  /** Words, or blocks, of its own: `w` or `b` each. */
  own: string;
}

/** Commands that run the rest of their line in their own place (execline's manual). Others are the program. */
const PREFIXES: Readonly<Record<string, Prefix>> = {
  foreground: { own: "b" },
  background: { own: "b" },
  if: { valued: "x", own: "b" },
  ifelse: { own: "bb" },
  trap: { valued: "t", own: "b" },
  wait: { valued: "t", own: "b" },
  pipeline: { own: "b" },
  multisubstitute: { own: "b" },
  backtick: { valued: "Dd", own: "wb" },
  importas: { valued: "Dd", own: "ww" },
  define: { valued: "d", own: "ww" },
  elglob: { own: "ww" },
  export: { own: "ww" },
  unexport: { own: "w" },
  emptyenv: { own: "" },
  envfile: { own: "w" },
  cd: { own: "w" },
  umask: { own: "w" },
  "execline-cd": { own: "w" },
  "execline-umask": { own: "w" },
  redirfd: { own: "ww" },
  fdmove: { own: "ww" },
  fdswap: { own: "ww" },
  piperw: { own: "ww" },
  fdclose: { own: "w" },
  fdblock: { own: "w" },
  fdreserve: { own: "w" },
  homeof: { own: "ww" },
  getpid: { own: "w" },
  getcwd: { own: "w" },
  withstdinas: { own: "w" },
  "with-contenv": { own: "" },
};

const MAX_ITEMS = 4_096;
const MAX_PREFIXES = 128;

/** The program that an execline script becomes: its commands each prepare something and run the rest (execline(1)). */
export function readExecline(text: Untrusted): Becomes {
  let items = split(text);
  let lastStart: number | null = null;
  for (let round = 0; round < MAX_PREFIXES; round++) {
    const [first] = items;
    if (first === undefined || first.block) break;
    lastStart = first.at;
    const name = first.text.slice(first.text.lastIndexOf("/") + 1);
    const prefix = Object.hasOwn(PREFIXES, name) ? PREFIXES[name] : undefined;
    const rest = prefix === undefined ? null : afterPrefix(prefix, items.slice(1));
    if (prefix === undefined) break;
    items = rest ?? [];
  }
  const words = items.map((item) => item.text);
  const { words: left, chroot } = unwrap(words);
  const program = left[0] ?? null;
  const known = program !== null && program !== "" && !program.includes("$") && items[0]?.block === false;
  return { words, program: known ? program : null, chroot, at: items[0]?.at ?? lastStart };
}

/** Null: not made as its manual says, so nobody knows what it runs. */
function afterPrefix({ valued = "", own }: Prefix, items: readonly Item[]): Item[] | null {
  let at = 0;
  for (; at < items.length; at++) {
    const { text, block } = items[at] as Item;
    if (block || !/^-[A-Za-z0-9]/.test(text)) break;
    // A letter that takes a value and stands last has it in the next word.
    if (valued.includes(text.slice(-1))) at++;
  }
  for (const kind of own) {
    const item = items[at];
    if (item === undefined || item.block !== (kind === "b")) return null;
    at++;
  }
  return items.slice(at);
}

/** Words, quoted strings, comments and blocks (execlineb(1)); newlines are blanks. */
function split(text: Untrusted): Item[] {
  const items: Item[] = [];
  let at = text.startsWith("#!") ? endOfLine(text, 0) : 0;
  let depth = 0;
  while (at < text.length && items.length < MAX_ITEMS) {
    const c = text[at] as string;
    if (/[\s\0]/.test(c)) at++;
    else if (c === "#") at = endOfLine(text, at);
    else {
      const { word, next } = readWord(text, at);
      if (word === "{" && depth++ === 0) items.push({ text: "{", at, block: true });
      else if (word === "}") depth = Math.max(0, depth - 1);
      else if (depth === 0 && word !== "{") items.push({ text: word, at, block: false });
      at = next;
    }
  }
  return items;
}

function readWord(text: Untrusted, start: number): { word: Untrusted; next: number } {
  let word = "";
  let quoted = false;
  let at = start;
  for (; at < text.length; at++) {
    const c = text[at] as string;
    if (!quoted && /[\s\0]/.test(c)) break;
    if (c === '"') quoted = !quoted;
    else if (c === "\\" && at + 1 < text.length) word += text[++at];
    else word += c;
  }
  return { word, next: Math.max(at, start + 1) };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
