import type { Untrusted } from "./text.ts";

const SHELL = /^(?:a|ba|da|k|mk|z)?sh$/;
const INTERPRETER = /^(?:busybox|perl|python|ruby|node|php|lua|tclsh)[\d.]*$/;

/** Whether a program of this name runs what a script says: a shell, or the interpreter of a language. */
export function isInterpreter(name: Untrusted): boolean {
  return SHELL.test(name) || INTERPRETER.test(name);
}

/**
 * The script that an interpreter runs: its first argument that is no option, as it was given. Null: it runs none (`-c` of a
 * shell, `-e` or `-m` of others, standard input), or is no interpreter.
 */
export function scriptArgument(exe: Untrusted, argv: readonly Untrusted[]): Untrusted | null {
  const name = exe.slice(exe.lastIndexOf("/") + 1);
  if (!isInterpreter(name)) return null;
  const runsText = SHELL.test(name) ? /^-[a-z]*c$/ : /^-(?:c|e|E|m|r)$/;
  for (const word of argv.slice(1)) {
    if (runsText.test(word)) return null;
    if (!word.startsWith("-")) return word;
  }
  return null;
}
