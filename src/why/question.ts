import { isAbsolute, resolve } from "node:path";
import type { Untrusted } from "../model/text.ts";
import { supervisors } from "../supervisors/index.ts";
import type { Question } from "./result.ts";

/**
 * What a word on the command line asks about: a number is a process, a word with a slash a file (`./x` from the working
 * directory), `cron:NAME` a unit of that supervisor, any other word a unit or the name of a program.
 */
export function questionOf(word: Untrusted, workingDirectory: Untrusted): Question {
  if (/^[1-9]\d{0,9}$/.test(word)) return { kind: "process", pid: Number(word) };
  const colon = word.indexOf(":");
  const supervisor = word.slice(0, Math.max(0, colon));
  if (supervisors.some(({ id }) => id === supervisor)) return { kind: "name", supervisor, name: word.slice(colon + 1) };
  if (word.includes("/")) return { kind: "file", path: isAbsolute(word) ? word : resolve(workingDirectory, word) };
  return { kind: "name", supervisor: null, name: word };
}
