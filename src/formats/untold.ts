import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Question } from "./types.ts";

const WHAT: Readonly<Record<Question, string>> = {
  programs: "which programs are executed",
  argv: "with which arguments programs are executed",
  lineage: "who forks whom",
  reaper: "who is handed the dead",
  exitStatus: "how the programs ended",
  lifetimes: "how long the processes lived and how they ended",
  cpu: "how much CPU the storm burns",
};

/**
 * The answer to a question that a stream's records do not answer. `code` names the sentence of the report
 * (`couldnot.CODE`, in both languages), `why` says it in English, `remedy` is the command that would have recorded it.
 */
export function untold(question: Question, code: string, why: string, remedy: string | null): CouldNotLook {
  return { code, what: WHAT[question], why, remedy };
}
