import { isAbsolute, resolve } from "node:path";
import { fromBytes } from "../model/text.ts";
import { supervisors } from "../supervisors/index.ts";
import type { Question } from "./result.ts";

/**
 * What a word on the command line asks about: a number is a process, a word with a slash a file (`./x` from the working
 * directory), `cron:NAME` a unit of that supervisor, any other word a unit or the name of a program.
 */
export function questionOf(word: string, workingDirectory: string): Question {
  if (/^[1-9]\d{0,9}$/.test(word)) return { kind: "process", pid: Number(word) };
  const colon = word.indexOf(":");
  const supervisor = word.slice(0, Math.max(0, colon));
  if (supervisors.some(({ id }) => id === supervisor))
    return { kind: "name", supervisor, name: untrusted(word.slice(colon + 1)) };
  if (word.includes("/"))
    return { kind: "file", path: untrusted(isAbsolute(word) ? word : resolve(workingDirectory, word)) };
  return { kind: "name", supervisor: null, name: untrusted(word) };
}

function untrusted(word: string): string {
  return fromBytes(Buffer.from(word));
}
