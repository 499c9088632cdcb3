import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { readExecline } from "./execline.ts";
import { addProblem, errorCode, readConfig, type Budget } from "../files/read-config.ts";
import {
  afterAssignments,
  CONTROL_WORDS,
  execCommands,
  needsShell,
  pathSetBy,
  shellProgram,
  simpleCommands,
  type Word,
} from "./shell-words.ts";
import type { Job, Problem } from "../types.ts";
import { unwrap } from "./wrappers.ts";

/** What an executable file that a supervisor starts turns into. */
export type Started = Pick<Job, "line" | "directive" | "command" | "program" | "shell" | "script" | "chroot"> & {
  /** PATH that the script sets before it runs its program; null: what it was given. */
  path: Untrusted[] | null;
};

const SHELLS = new Set(["sh", "dash", "bash", "ash", "ksh", "mksh", "zsh", "busybox", "invoke-run", "bashio"]);
/** How much of a script is shown as the command where no single line of it is. */
const MOST_COMMAND = 4_096;

/**
 * Reads an executable file as execve(2) would start it: a script of a shell or of execline is followed to the program
 * that it becomes (`exec chpst -u www /usr/bin/d`), any other file is the program itself.
 * @param path of the file inside the root
 * @returns null when it is not there, not readable or cannot be executed; a problem says so
 */
export function readStarted(root: Root, path: Untrusted, problems: Problem[], budget: Budget): Started | null {
  const head = readHead(root, path, problems);
  if (head === null) return null;
  const itself: Started = { line: null, directive: "", command: path, program: path, path: null };
  if (head.startsWith("\x7fELF")) return itself;
  if (!head.startsWith("#!")) {
    addProblem(problems, path, 1, "neither a program nor a script with #! in its first line: it cannot be started");
    return null;
  }
  const text = readConfig(root, path, problems, budget);
  if (text === null) return null;
  const interpreter = interpreterOf(text);
  if (interpreter === "execlineb") return { ...itself, ...becauseOf(readExecline(text), text, path) };
  if (!SHELLS.has(interpreter)) return { ...itself, line: 1, directive: "#!", script: { file: path, line: 1 } };
  return { ...itself, ...becauseOf(readShell(text), text, path), path: pathSetBy(text) };
}

/** What a script runs in the end. `at`: where in the text that stands; null: nothing in it says. */
export interface Becomes {
  words: Untrusted[];
  program: Untrusted | null;
  chroot: Untrusted | null;
  at: number | null;
}

function becauseOf({ words, program, chroot, at }: Becomes, text: Untrusted, path: Untrusted): Partial<Started> {
  return {
    line: at === null ? 1 : lineOf(text, at),
    directive: at === null ? "#!" : "exec",
    command: program === null ? text.slice(0, MOST_COMMAND) : words.join(" "),
    program,
    shell: true,
    script: { file: path, line: 1 },
    ...(chroot === null ? {} : { chroot }),
  };
}

/** The last `exec PROGRAM` of a shell script; where several name different programs, none is chosen. */
export function readShell(text: Untrusted): Becomes {
  const found = new Map<string, Becomes>();
  let last: number | null = null;
  for (const { words, at } of execCommands(text)) {
    if (words.length === 0) continue;
    last = at;
    const becomes = becomesOf(words, at);
    found.set(becomes.program ?? "", becomes);
  }
  const [only] = found.size === 1 ? [...found.values()] : [];
  return only ?? { words: [], program: null, chroot: null, at: last };
}

function becomesOf(words: readonly Word[], at: number): Becomes {
  const texts = words.map((word) => word.text);
  const dynamic = new Set(words.filter((word) => word.dynamic).map((word) => word.text));
  const left = unwrap(texts);
  const inner = left.shellText === null ? (left.words[0] ?? null) : programOf(left.shellText);
  const program = inner === null || inner === "" || dynamic.has(inner) ? null : inner;
  return { words: texts, program, chroot: left.chroot, at };
}

/** What `sh -c TEXT` starts in the end where TEXT is a single simple command, or holds an `exec`; else nobody knows. */
export function commandProgram(text: Untrusted): Pick<Becomes, "program" | "chroot"> {
  const [command, ...more] = simpleCommands(text);
  const words = command === undefined || more.length > 0 ? [] : afterAssignments(command);
  const [first] = words;
  if (first === undefined || CONTROL_WORDS.has(first.text)) return readShell(text);
  return becomesOf(words, first.at);
}

/** What `sh -c TEXT` becomes: what it says after `exec`, or a single simple command, which shells run in their own place. */
function programOf(text: Untrusted): Untrusted | null {
  return shellProgram(text) ?? (needsShell(text) ? null : shellProgram(`exec ${text}`));
}

/** 1-based line of a place in a text. */
export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** Base name of what runs a script: `sh` of `#!/usr/bin/env -S sh -e`, `with-contenv` aside (s6-overlay). */
function interpreterOf(text: Untrusted): Untrusted {
  const end = text.indexOf("\n");
  const words = text.slice(2, end < 0 ? 256 : Math.min(end, 256)).split(/[ \t\r]+/).filter((word) => word !== "" && word !== "-S"); // prettier-ignore
  const [first = ""] = unwrap(words).words;
  const name = baseOf(first);
  return name === "with-contenv" ? baseOf(words[1] ?? "") : name;
}

function readHead(root: Root, path: Untrusted, problems: Problem[]): Untrusted | null {
  try {
    const bytes = root.read(path, 4);
    if (bytes !== null) return fromBytes(bytes);
    const why = root.lstat(path) === null ? "not there" : "not a regular file, or a link to nowhere";
    addProblem(problems, path, null, why);
  } catch (error) {
    addProblem(problems, path, null, `cannot be read: ${errorCode(error)}`);
  }
  return null;
}

function baseOf(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
