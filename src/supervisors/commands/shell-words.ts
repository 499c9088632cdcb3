import type { Untrusted } from "../../model/text.ts";

/**
 * Characters that make upstart (`SHELL_CHARS`, init/job_process.c) and sysvinit (strpbrk in `spawn`, src/init.c) hand
 * a command to /bin/sh instead of splitting it at blanks themselves. Both lists are the same.
 */
const SHELL_CHARACTERS = "~`!$^&*()=|\\{}[];\"'<>?";
/** How much of a script is looked at. */
const MAX_SCRIPT = 65_536;

/** Whether sysvinit or upstart would start this command through a shell. */
export function needsShell(command: Untrusted): boolean {
  for (const character of command) if (SHELL_CHARACTERS.includes(character)) return true;
  return false;
}

/** One word of shell text. `dynamic`: only the running shell knows its value (a variable, a substitution, a pattern). */
export interface Word {
  text: Untrusted;
  dynamic: boolean;
  /** Where in the text it begins. */
  at: number;
}

/** Words of the simple commands in shell text, one list a command; redirections are left out, quotes removed. Control words stay words. */
export function simpleCommands(script: Untrusted): Word[][] {
  const text = script.slice(0, MAX_SCRIPT);
  const commands: Word[][] = [];
  let words: Word[] = [];
  let skipNext = false;
  let at = 0;
  const endCommand = (): void => {
    if (words.length > 0) commands.push(words);
    words = [];
    skipNext = false;
  };
  while (at < text.length) {
    const c = text[at] as string;
    if (c === " " || c === "\t" || c === "\r") at++;
    else if (c === "\\" && text[at + 1] === "\n") at += 2;
    else if (c === "#") at = lineEnd(text, at);
    else if (c === "<" || c === ">") {
      at = afterRedirection(text, at);
      skipNext = true;
    } else if (c === "&" && text[at + 1] === ">") at++;
    else if ("\n;&|()".includes(c)) {
      endCommand();
      at++;
    } else {
      const { word, next } = readWord(text, at);
      at = next;
      const descriptor = /^\d+$/.test(word.text) && (text[at] === "<" || text[at] === ">");
      if (skipNext) skipNext = false;
      else if (!descriptor) words.push(word);
    }
  }
  endCommand();
  return commands;
}

/**
 * The program that `sh -c "exec COMMAND"` or a script ends up as, or null when only the running shell knows.
 * A script is searched for `exec WORD`; when several different words are found, none is chosen.
 */
export function shellProgram(shellText: Untrusted): Untrusted | null {
  const found = new Set<Untrusted>();
  for (const { words } of execCommands(shellText)) {
    const [program] = words;
    if (program === undefined) continue;
    if (program.dynamic) return null;
    found.add(program.text);
  }
  return found.size === 1 ? ([...found][0] as Untrusted) : null;
}

/** The commands of `exec` in shell text: what each is given to run (nothing where it only redirects), and where it stands. */
export function execCommands(shellText: Untrusted): { words: Word[]; at: number }[] {
  return simpleCommands(shellText).flatMap((command) => {
    const words = afterAssignments(command);
    const start = words.findIndex((word) => word.text === "exec" && !word.dynamic);
    const exec = words[start];
    if (exec === undefined || !words.slice(0, start).every((word) => CONTROL_WORDS.has(word.text))) return [];
    return [{ words: afterExecOptions(words.slice(start + 1)), at: exec.at }];
  });
}

/** Directories of the last `PATH=…` that shell text sets in words that do not need the shell to be known; else null. */
export function pathSetBy(shellText: Untrusted): Untrusted[] | null {
  let found: Untrusted[] | null = null;
  for (const command of simpleCommands(shellText)) {
    const words = command[0]?.text === "export" ? command.slice(1) : command;
    // An assignment before a command is that command's alone.
    if (words.length !== command.length || words.every(({ text }) => /^[A-Za-z_]\w*=/.test(text)))
      for (const { text, dynamic } of words)
        if (text.startsWith("PATH=")) found = dynamic ? null : text.slice("PATH=".length).split(":");
  }
  return found;
}

/** Words after which a command may stand. */
export const CONTROL_WORDS: ReadonlySet<string> = new Set([
  "then",
  "do",
  "else",
  "elif",
  "if",
  "while",
  "until",
  "!",
  "{",
  "time",
  "command",
]);

/** A simple command without the assignments before it. */
export function afterAssignments(words: Word[]): Word[] {
  let i = 0;
  while (i < words.length && /^[A-Za-z_]\w*=/.test((words[i] as Word).text)) i++;
  return words.slice(i);
}

/** `exec -a NAME -c -l PROGRAM` of bash; dash knows none of them. */
function afterExecOptions(words: Word[]): Word[] {
  let i = 0;
  while (i < words.length && /^-[acl]+$/.test((words[i] as Word).text))
    i += (words[i] as Word).text.includes("a") ? 2 : 1;
  if (words[i]?.text === "--") i++;
  return words.slice(i);
}

/** Everything in a command that could name a program, also inside quotes: `sh -c "exec atd"` mentions `sh` and `atd`. */
export function mentionedWords(command: Untrusted): Set<Untrusted> {
  return new Set(command.slice(0, MAX_SCRIPT).split(/[\s"'`$;|&()<>{}=,\0]+/));
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Index after `<`, `>>`, `>&`, `<<-`, `>|`, `<>`. */
function afterRedirection(text: string, at: number): number {
  let i = at;
  while (i < text.length && i < at + 3 && "<>&|-".includes(text[i] as string)) i++;
  return i;
}

/** Reads one word from `at`, which is no blank and no separator. Always moves on. */
function readWord(text: string, at: number): { word: Word; next: number } {
  let out = "";
  let dynamic = false;
  let quote = "";
  let i = at;
  for (; i < text.length; i++) {
    const c = text[i] as string;
    if (quote === "'") {
      if (c === "'") quote = "";
      else out += c;
    } else if (c === "\\" && i + 1 < text.length) {
      i++;
      if (text[i] !== "\n") out += text[i];
    } else if (c === '"') quote = quote === "" ? '"' : "";
    else if (c === "'" && quote === "") quote = "'";
    else {
      if (quote === "" && " \t\r\n;&|()<>".includes(c)) break;
      if (c === "$" || c === "`" || (quote === "" && "*?[~".includes(c))) dynamic = true;
      out += c;
    }
  }
  return { word: { text: out, dynamic, at }, next: Math.max(i, at + 1) };
}
