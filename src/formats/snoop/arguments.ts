import { fromLatin1 } from "../text/latin1.ts";
import type { Untrusted } from "../../model/text.ts";

/** The column ARGS, as Latin-1: a character a byte. */
export interface PrintedArguments {
  /** The first word: of bcc and libbpf-tools the file of the call. */
  first: string;
  /** All of them, where they can be told apart; else null. */
  argv: Untrusted[] | null;
  /** The tool left some out, or cut one. */
  cut: boolean;
}

/** ARGSIZE of both, less the zero: longer arguments are cut. */
const LONGEST = 127;
/** Behind as many arguments as are printed (`--max-args`, 20) stands this. */
const MORE = "...";

/** `"/bin/sh" "-c" "echo \"x\""`, as `execsnoop -q` prints it, or null when it is not quoted. A backslash itself is not escaped. */
export function quoted(text: string): PrintedArguments | null {
  if (!text.startsWith('"')) return null;
  const argv: string[] = [];
  let cut = false;
  let at = 0;
  while (text[at] === '"') {
    let word = "";
    for (at++; at < text.length && text[at] !== '"'; at++) {
      const next = text[at] === "\\" ? ESCAPED[text[at + 1] ?? ""] : undefined;
      if (next !== undefined) at++;
      word += next ?? text[at];
    }
    if (at >= text.length) {
      // libbpf-tools begins a word for those that it leaves out.
      if (word.trim() !== MORE) return null;
      cut = true;
      break;
    }
    argv.push(word);
    if (word.length >= LONGEST) cut = true;
    at++;
    while (text[at] === " ") at++;
  }
  const left = text.slice(at).trimEnd();
  if (left !== "" && left !== MORE) return null;
  const isLeftOut = left === MORE || (argv.length > 1 && argv.at(-1) === MORE);
  if (isLeftOut && left === "") argv.pop();
  return { first: argv[0] ?? "", argv: argv.map(fromLatin1), cut: cut || isLeftOut };
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '"', n: "\n", t: "\t" };

/** Arguments parted by blanks: only the first can be told, and only where it holds none. */
export function unquoted(text: string): PrintedArguments {
  const blank = text.indexOf(" ");
  return { first: blank === -1 ? text : text.slice(0, blank), argv: null, cut: false };
}

/**
 * The file of an exec that succeeded: its task name is then the beginning of the last part of the file's name (begin_new_exec in
 * fs/exec.c), so a name with blanks in it can be told from arguments. The first word where nothing agrees.
 */
export function fileOf(text: string, first: string, comm: string): string {
  if (comm === "" || agrees(first, comm)) return first;
  let end = first.length;
  for (let words = 0; words < MOST_WORDS && end < text.length; words++) {
    const next = text.indexOf(" ", end + 1);
    end = next === -1 ? text.length : next;
    if (agrees(text.slice(0, end), comm)) return text.slice(0, end);
  }
  return first;
}

const MOST_WORDS = 16;
/** TASK_COMM_LEN less its zero. */
const NAME = 15;

function agrees(file: string, comm: string): boolean {
  return file.slice(file.lastIndexOf("/") + 1).slice(0, NAME) === comm;
}
