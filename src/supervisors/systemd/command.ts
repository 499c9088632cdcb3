import { fromBytes, isUtf8, toBytes, type Untrusted } from "../../model/text.ts";

/** One command of an Exec…= setting. */
export interface ExecCommand {
  /** The program's path or bare name, or null when a specifier in it cannot be known from files. */
  program: Untrusted | null;
  /** argv, the first one being what `@` sets or the program. */
  argv: Untrusted[];
  /** Prefix characters (systemd.service(5), table "Special executable prefixes"). */
  prefixes: string;
}

/** Commands of one value, or why systemd refuses it. `fatal`: it refuses the whole unit. */
export type ExecParsing = { commands: ExecCommand[] } | { refused: string; fatal: boolean };

const BLANK = " \t\n\r";

/**
 * Splits the value of an ExecStart= as `config_parse_exec` of src/core/load-fragment.c: words with quotes and C
 * escapes, a lone `;` between commands, prefix characters before the program, specifiers such as `%i`.
 */
export function parseExec(value: Untrusted, expand: (text: Untrusted) => Untrusted): ExecParsing {
  const commands: ExecCommand[] = [];
  let at = skipBlanks(value, 0);
  while (at < value.length) {
    const first = readWord(value, at);
    if (first === null) return commands.length > 0 ? { commands } : { refused: "unbalanced quotes", fatal: false };
    at = skipBlanks(value, first.next);
    if (first.word === ";") continue;
    const prefixes = prefixesOf(first.word);
    const written = expand(first.word.slice(prefixes.length));
    const program = simplify(written);
    const lenient = prefixes.includes("-");
    const wrong = whyNoProgram(program);
    if (wrong !== null) return { refused: wrong, fatal: !lenient };
    const argv: Untrusted[] = prefixes.includes("@") ? [] : [written];
    while (at < value.length) {
      if (value[at] === ";" && isBlankOrEnd(value, at + 1)) {
        at = skipBlanks(value, at + 1);
        break;
      }
      if (value.startsWith("\\;", at) && isBlankOrEnd(value, at + 2)) {
        argv.push(";");
        at = skipBlanks(value, at + 2);
        continue;
      }
      const next = readWord(value, at);
      if (next === null) return { refused: "unbalanced quotes", fatal: !lenient };
      argv.push(expand(next.word));
      at = skipBlanks(value, next.next);
    }
    if ((argv[0] ?? "") === "") return { refused: "@ without a name for argv[0]", fatal: !lenient };
    commands.push({ program: /%/.test(program) ? null : program, argv, prefixes });
  }
  return { commands };
}

/** `-@:` once each in any order, and one of `+`, `!`, `!!`. */
function prefixesOf(word: Untrusted): string {
  let end = 0;
  while (end < word.length && mayFollow(word.slice(0, end), word[end] as string)) end++;
  return word.slice(0, end);
}

function mayFollow(taken: string, c: string): boolean {
  if ("-@:".includes(c)) return !taken.includes(c);
  const privileges = taken.replace(/[^+!]/g, "");
  return c === "!" ? privileges === "" || privileges === "!" : c === "+" && privileges === "";
}

function whyNoProgram(program: Untrusted): string | null {
  if (program === "") return "empty path of a program";
  if (/[\x01-\x1f"'\\\x7f]/.test(program)) return "special characters in the path of the program";
  if (!program.startsWith("/") && (program.includes("/") || program === "." || program === ".."))
    return "neither a bare name nor an absolute path";
  return program.endsWith("/") ? "the program is a directory" : null;
}

/** `path_simplify`: no double slashes, no `/./`. */
function simplify(path: Untrusted): Untrusted {
  if (!path.startsWith("/")) return path;
  const trailing = path.endsWith("/") ? "/" : "";
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "/" : "/" + parts.join("/") + trailing;
}

function skipBlanks(text: Untrusted, at: number): number {
  let i = at;
  while (i < text.length && BLANK.includes(text[i] as string)) i++;
  return i;
}

function isBlankOrEnd(text: Untrusted, at: number): boolean {
  return at >= text.length || BLANK.includes(text[at] as string);
}

/** `extract_first_word` with EXTRACT_UNQUOTE and C escapes; an unknown escape keeps its backslash. Null: a quote stays open. */
export function readWord(text: Untrusted, start: number): { word: Untrusted; next: number } | null {
  let out = "";
  let quote = "";
  let i = start;
  while (i < text.length) {
    const c = text[i] as string;
    if (c === "\\") {
      if (i + 1 >= text.length) return quote === "" ? { word: out + "\\", next: i + 1 } : null;
      const escape = unescape(text, i + 1);
      out += escape === null ? "\\" + text[i + 1] : escape.character;
      i += 1 + (escape === null ? 1 : escape.length);
    } else if (quote !== "") {
      if (c === quote) quote = "";
      else out += c;
      i++;
    } else if (c === '"' || c === "'") {
      quote = c;
      i++;
    } else if (BLANK.includes(c)) break;
    else {
      out += c;
      i++;
    }
  }
  if (quote !== "") return null;
  // `\\xc3\\xa9` are two bytes of one character.
  return { word: isUtf8(out) ? out : fromBytes(toBytes(out)), next: i };
}

const SIMPLE_ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};

/** `cunescape_one`: the escape whose letter stands at `at`; null when there is none, or it would be NUL. */
function unescape(text: Untrusted, at: number): { character: string; length: number } | null {
  const letter = text[at] as string;
  const simple = Object.hasOwn(SIMPLE_ESCAPES, letter) ? SIMPLE_ESCAPES[letter] : undefined;
  if (simple !== undefined) return { character: simple, length: 1 };
  const digits = { x: /^x[0-9a-fA-F]{2}/, u: /^u[0-9a-fA-F]{4}/, U: /^U[0-9a-fA-F]{8}/ }[letter] ?? /^[0-3][0-7]{2}/;
  const written = digits.exec(text.slice(at, at + 9))?.[0];
  if (written === undefined) return null;
  const code = /^[xuU]/.test(written) ? Number.parseInt(written.slice(1), 16) : Number.parseInt(written, 8);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  // `\xHH` and `\NNN` are bytes, which a name keeps as fromBytes() would.
  const character =
    code >= 0x80 && code < 0x100 && !/^[uU]/.test(written)
      ? String.fromCharCode(0xdc00 + code)
      : String.fromCodePoint(code);
  return { character, length: written.length };
}
