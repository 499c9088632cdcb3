import type { Untrusted } from "../../model/text.ts";
import { commandProgram } from "./scripts.ts";
import { afterAssignments, CONTROL_WORDS, pathSetBy, simpleCommands, type Word } from "./shell-words.ts";
import { unwrap } from "./wrappers.ts";

/** What a command line comes to when its wrappers have done their part and its shell has read its text. */
export interface CommandLine {
  /** The program that the process becomes, by its path or a bare name; null: it stays what it is, or the shell decides. */
  becomes: Untrusted | null;
  /** Text that a shell is given (`sh -c TEXT`); null: none is. */
  text: Untrusted | null;
  /** Commands in that text, in their order, each once: what a running shell may come to. */
  commands: Untrusted[];
  /** Directories that bare names are searched in, where the text sets PATH for all of it; null: it does not. */
  path: Untrusted[] | null;
  /** A root that a wrapper changes to. */
  chroot: Untrusted | null;
}

const SHELL = /^(?:a|ba|da|k|mk|z)?sh$/;
/** Options of dash(1) and bash(1) that take the next word. */
const VALUED = new Set(["--rcfile", "--init-file"]);
/** Commands that a shell does itself (dash(1), bash(1)); files of the same name are not started. */
const BUILTINS: ReadonlySet<string> = new Set(
  `. : [ alias bg break builtin cd continue declare disown echo enable eval exit export false fc fg getopts hash help history
  jobs kill let local logout printf pwd read readonly return set shift shopt source test times trap true type typeset ulimit
  umask unalias unset wait`.split(/\s+/),
);
/** After these comes no command but a name, a pattern or nothing. */
const NO_COMMAND: ReadonlySet<string> = new Set(["for", "case", "select", "function", "done", "fi", "esac", "}", "[["]);
const MOST_COMMANDS = 64;
const DEEPEST = 4;

/** Follows a command line through `env`, `nice` and the like and into the text of `sh -c`. */
export function readCommandLine(argv: readonly Untrusted[]): CommandLine {
  const left = unwrap(argv);
  const text = left.shellText ?? shellTextOf(left.words);
  const line: CommandLine = { becomes: null, text, commands: [], path: null, chroot: left.chroot };
  if (text === null) return { ...line, becomes: left.through.length > 0 ? (left.words[0] ?? null) : null };
  const { program, chroot } = commandProgram(text);
  const commands = new Set<Untrusted>();
  addCommands(commands, text, 0);
  return {
    ...line,
    becomes: program !== null && commands.has(program) ? program : null,
    commands: [...commands],
    path: pathSetBy(text),
    chroot: left.chroot ?? chroot,
  };
}

/** The text of `sh -c TEXT`, `bash -o pipefail -lc TEXT`, `busybox sh -c TEXT`; null: it is no shell, or is given none. */
function shellTextOf(words: readonly Untrusted[]): Untrusted | null {
  const [first = "", second = ""] = words;
  if (baseOf(first) === "busybox" && SHELL.test(second)) return shellTextOf(words.slice(1));
  if (!SHELL.test(baseOf(first))) return null;
  let hasText = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    if (!/^[-+]./.test(word)) return hasText ? word : null;
    if (word === "--") return hasText ? (words[at + 1] ?? null) : null;
    if (VALUED.has(word)) at++;
    else if (!word.startsWith("--")) {
      hasText ||= word.startsWith("-") && word.includes("c");
      // `-o pipefail`, also at the end of a cluster: `-euo pipefail`.
      if (/[oO]$/.test(word)) at++;
    }
  }
  return null;
}

function addCommands(found: Set<Untrusted>, text: Untrusted, depth: number): void {
  // `x` and "$(x)": the words of a command keep them whole.
  const inside = depth < DEEPEST ? text.matchAll(/`([^`]*)`|"[^"]*\$\(([^()"]*)\)/g) : [];
  for (const [, quoted, plain] of inside) addCommands(found, quoted ?? plain ?? "", depth + 1);
  for (const command of simpleCommands(text)) {
    const words = commandOf(command);
    const [first] = words;
    if (first === undefined || NO_COMMAND.has(first.text) || BUILTINS.has(first.text)) continue;
    const dynamic = new Set(words.filter((word) => word.dynamic).map((word) => word.text));
    const left = unwrap(words.map((word) => word.text));
    const inner = left.shellText ?? shellTextOf(left.words);
    for (const program of [first.text, left.words[0]]) {
      if (found.size >= MOST_COMMANDS) return;
      if (program !== undefined && program !== "" && program !== "exec" && !dynamic.has(program)) found.add(program);
    }
    if (inner !== null && !dynamic.has(inner) && depth < DEEPEST) addCommands(found, inner, depth + 1);
  }
}

/** A simple command without the words and assignments before it: `while ! X=1 d` is `d`. */
function commandOf(command: Word[]): Word[] {
  let words = afterAssignments(command);
  while (words[0] !== undefined && !words[0].dynamic && CONTROL_WORDS.has(words[0].text))
    words = afterAssignments(words.slice(1));
  return words;
}

function baseOf(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
