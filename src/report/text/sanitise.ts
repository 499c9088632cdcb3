/**
 * The single place where text of the examined host becomes text that may be printed.
 *
 * Names, paths, arguments and log lines belong to processes that may be hostile. A terminal obeys control characters
 * (OSC 52 writes the clipboard, CSI moves the cursor), bidirectional controls reorder a line, invisible characters make
 * two names look alike, and a newline forges a line of the report. All of them are shown, none is obeyed.
 */
declare const sanitised: unique symbol;

/** Text that is safe to print: made by `safe`, by `line`, or by a function of this folder that is built on them. */
export type Safe = string & { readonly [sanitised]: true };

/** What the reader's terminal shows: `ascii` makes every other character visible as an escape, too. */
export type Alphabet = "unicode" | "ascii";

/**
 * Characters that change how other characters are shown, or that show nothing: controls (C0, DEL, C1), format
 * characters (bidi, zero-width, BOM, tags), surrogates that stand alone, unassigned code points (their width is
 * unknown), separators and blanks other than the plain space, fillers and variation selectors. Also a combining mark
 * that would join the text before it, and marks piled up to cover the lines above and below.
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|^\p{M}|(?<=\p{M}{4})\p{M}`;
const NOT_ASCII = String.raw`[^\x20-\x7e]`;

const ONE: Record<Alphabet, RegExp> = {
  unicode: new RegExp(UNPRINTABLE, "u"),
  ascii: new RegExp(NOT_ASCII, "u"),
};
// A backslash is doubled where it would otherwise read as the start of an escape; in `C:\dir` it stays single.
const ALL: Record<Alphabet, RegExp> = {
  unicode: new RegExp(String.raw`\\(?=[\\xu"]|${UNPRINTABLE})|${UNPRINTABLE}`, "gu"),
  ascii: new RegExp(String.raw`\\(?=[\\xu"]|${NOT_ASCII})|${NOT_ASCII}`, "gu"),
};

/**
 * Makes untrusted text printable on one line without hiding or losing anything: two different texts stay different.
 * A control of ASCII or a byte that is not UTF-8 (U+DC80..U+DCFF, see model/text.ts) shows as `\x1b`, any other
 * character that must not be obeyed as `\u{202e}`.
 */
export function safe(untrusted: string, alphabet: Alphabet = "unicode"): Safe {
  return untrusted.replace(ALL[alphabet], (character) => (character === "\\" ? "\\\\" : escapeOf(character))) as Safe;
}

/** Whether the text can be printed as it is, backslashes aside. */
export function isPrintable(untrusted: string, alphabet: Alphabet = "unicode"): boolean {
  return !ONE[alphabet].test(untrusted);
}

/** One visible escape, `\\`, `\x1b` or `\u{202e}`: must never be cut in two. */
export const VISIBLE_ESCAPE = /\\(?:\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})/;

function escapeOf(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  return `\\u{${code.toString(16)}}`;
}

/**
 * Template tag for the report's own text: the literal parts are trusted because they stand in the source, and only
 * safe text and numbers can be put in. A plain string does not compile here; it has to go through `safe` first.
 */
export function line(own: TemplateStringsArray, ...values: (Safe | number)[]): Safe {
  return String.raw({ raw: own }, ...values) as Safe;
}

/** Puts safe texts together. */
export function join(parts: readonly Safe[], separator: Safe = line``): Safe {
  return parts.join(separator) as Safe;
}

/** Repeats safe text. */
export function repeat(text: Safe, times: number): Safe {
  return text.repeat(Math.max(0, times)) as Safe;
}

/** Replaces own signs in safe text by other safe text (arrows by ASCII, no-break spaces by plain ones). */
export function swap(text: Safe, from: RegExp, to: Safe): Safe {
  return text.replace(from, () => to) as Safe;
}
