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

/** The text that a shell runs as `sh -c TEXT`; null: it runs none, or is no shell. */
export function shellText(exe: Untrusted, argv: readonly Untrusted[]): Untrusted | null {
  if (!SHELL.test(exe.slice(exe.lastIndexOf("/") + 1))) return null;
  const at = argv.findIndex((word, i) => i > 0 && !word.startsWith("-"));
  const options = argv.slice(1, at < 0 ? argv.length : at);
  return at > 0 && options.some((word) => /^-[a-z]*c$/.test(word)) ? (argv[at] ?? null) : null;
}

/**
 * A script's path as it was given, made absolute by the working directory of the process that runs it. Null: it is relative,
 * and where to is not known (`cwd` null, or a directory that is deleted by now).
 */
export function scriptPath(given: Untrusted, cwd: Untrusted | null | undefined): Untrusted | null {
  if (given.startsWith("/")) return given;
  if (cwd?.startsWith("/") !== true || cwd.endsWith(" (deleted)")) return null;
  const parts = cwd.split("/");
  for (const part of given.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `/${parts.filter((part) => part !== "").join("/")}`;
}
