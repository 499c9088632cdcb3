import { isPrintable, type Alphabet, type Safe } from "./sanitise.ts";
import { displayWidth } from "./width.ts";

/**
 * Commands as a reader can paste them. POSIX sh only, because dash is /bin/sh on Debian: no `$'…'`.
 *
 * An argument with characters that must not be printed becomes `"$(printf '…\033…')"`. A command substitution drops
 * the newlines at its end, so those are added from a variable: `_nl=$(printf '\012.'); _nl=${_nl%.}; rm -- a"$_nl"`.
 */
const NEWLINE_VARIABLE = String.raw`_nl=$(printf '\012.'); _nl=` + "${_nl%.}; ";

const PLAIN = /^[A-Za-z0-9_@%+:,./-]+$/;
const PLAIN_ARGUMENT = /^[A-Za-z0-9_@%+=:,./-]+$/;
/** Words that the grammar of sh, bash or zsh takes for itself at the start of a command when they are not quoted. */
const RESERVED = new Set(
  "case coproc do done elif else end esac fi for foreach function if in nocorrect repeat select then time until while".split(
    " ",
  ),
);

/**
 * One command line for POSIX shells that runs exactly these arguments. Arguments cannot hold NUL (execve(2)); one that
 * is there all the same is shown as `\000` and lost by the shell.
 */
export function shellQuote(argv: readonly string[], alphabet: Alphabet = "unicode"): Safe {
  const words = argv.map((argument, index) => quoteWord(argument, index === 0, alphabet));
  return withNewline(words.join(" "));
}

/**
 * The same command on lines of at most `columns` columns, each but the last ending in a backslash so that all of them
 * can be pasted at once. Lines are indented by `margin` blanks, except where one argument goes on: a blank would be
 * part of the command there.
 */
export function shellLines(
  argv: readonly string[],
  columns: number,
  margin: number,
  alphabet: Alphabet = "unicode",
): Safe[] {
  const room = columns - 2;
  const lines: string[] = [];
  let current = " ".repeat(margin);
  let empty = true;
  const add = (word: string): void => {
    current += (empty ? "" : " ") + word;
    empty = false;
  };
  const endLine = (continuation: string, indent: number): void => {
    lines.push(current + continuation);
    current = " ".repeat(indent);
    empty = true;
  };
  const prefix = needsNewline(argv) ? NEWLINE_VARIABLE.trimEnd().split(/(?<=;) /) : [];
  const words = [
    ...prefix.map((word) => [word]),
    ...argv.map((argument, i) => pieces(argument, i === 0, room - margin, alphabet)),
  ];
  for (const word of words) {
    const first = word[0] as string;
    if (!empty && displayWidth(current as Safe) + 1 + displayWidth(first as Safe) > room) endLine(" \\", margin);
    add(first);
    for (const piece of word.slice(1)) {
      endLine("\\", 0);
      add(piece);
    }
  }
  return [...lines, current] as Safe[];
}

function withNewline(command: string): Safe {
  return (command.includes('"$_nl"') ? NEWLINE_VARIABLE + command : command) as Safe;
}

function needsNewline(argv: readonly string[]): boolean {
  return argv.some((argument) => argument.includes("\n"));
}

/** The argument as quoted pieces of at most `room` columns that, put together, are the argument. */
function pieces(argument: string, first: boolean, room: number, alphabet: Alphabet): string[] {
  const whole = quoteWord(argument, first, alphabet);
  if (displayWidth(whole as Safe) <= room) return [whole];
  const done: string[] = [];
  let taken = "";
  for (const character of argument) {
    const quoted = quoteWord(taken + character, first, alphabet);
    if (taken !== "" && displayWidth(quoted as Safe) > room) {
      done.push(quoteWord(taken, first, alphabet));
      taken = character;
    } else taken += character;
  }
  return [...done, quoteWord(taken, first, alphabet)];
}

function quoteWord(argument: string, first: boolean, alphabet: Alphabet): string {
  if (first ? PLAIN.test(argument) && !RESERVED.has(argument) : PLAIN_ARGUMENT.test(argument)) return argument;
  if (isPrintable(argument, alphabet)) return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
  const body = argument.replace(/\n+$/, "");
  const newlines = '"$_nl"'.repeat(argument.length - body.length);
  return (body === "" ? "" : `"$(printf '${printfFormat(body, alphabet)}')"`) + newlines;
}

/** A format of printf(1) that prints the text: octal is the one escape that every printf knows. */
function printfFormat(text: string, alphabet: Alphabet): string {
  let format = "";
  for (const character of text) {
    if (character === "%") format += "%%";
    else if (/^[A-Za-z0-9 _@+=:,./-]$/.test(character) && !(character === "-" && format === "")) format += character;
    else if (character > "\x7f" && isPrintable(character, alphabet)) format += character;
    else for (const byte of bytesOf(character)) format += `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return format;
}

/** Bytes of one character; U+DC80..U+DCFF is the byte it stands for. */
function bytesOf(character: string): Uint8Array {
  const code = character.codePointAt(0) as number;
  return code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code - 0xdc00) : new TextEncoder().encode(character);
}
