import type { Words } from "./types.ts";

/** Why the journal could not be used; the sentence is `journal.CODE` of the catalogue. */
export type JournalProblem =
  /** Another run is under way: `pid`, `what`. */
  | "locked"
  /** koffi is missing: `why`. */
  | "no-calls"
  /** The state folder is not ours alone: `dir`, `why`. */
  | "unsafe-folder"
  /** It cannot be made, read or written: `dir`, `why`. */
  | "unusable"
  /** There is no such run: `id`. */
  | "unknown-run"
  /** The journal of a run does not tell what it is about any more: `id`. */
  | "unreadable-run";

/** The journal cannot be used. Nothing was changed by the call that throws it. */
export class JournalError extends Error {
  readonly problem: JournalProblem;
  readonly args: Words["args"];

  constructor(problem: JournalProblem, args: Words["args"] = {}) {
    super(`journal: ${problem} ${JSON.stringify(args)}`);
    this.name = "JournalError";
    this.problem = problem;
    this.args = args;
  }
}
