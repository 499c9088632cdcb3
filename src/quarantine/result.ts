import type { Untrusted } from "../model/text.ts";
import type { Remaining, RunState, StepState, Words } from "../journal/types.ts";
import type { WhyRestart } from "../why/result.ts";

/** Name of this result's schema. Changes are additive only. */
export const SCHEMA = "whoforks/quarantine/1";

/** What a file can be that asks for an explicit word before it is taken away. */
export const CONCERNS = ["packaged", "vital", "library-in-use", "hard-links"] as const;
export type ConcernKind = (typeof CONCERNS)[number];

/** One of them, with the sentence that says it. */
export interface Concern {
  kind: ConcernKind;
  why: Words;
}

/** A step of the plan or of a run. */
export interface ToldStep {
  step: number;
  kind: string;
  /** `planned` until it is begun. */
  state: "planned" | StepState;
  effect: Words;
  undo: Words;
}

/**
 * `planned`: nothing was done. `refused`: nothing was done, and the reason says what is asked for. `standing`: the file is
 * in quarantine. `undone`: everything is as it was. `stuck`: something could not be undone, see `remaining`.
 */
export type QuarantineState = "planned" | "refused" | "standing" | "undone" | "stuck";

/** What came to be under the file's name after it was taken away. */
export interface CameBack {
  afterMs: number;
  sha256: string | null;
  sameContent: boolean;
}

/** The result of `quarantine` and of `restore`. */
export interface QuarantineResult {
  schema: typeof SCHEMA;
  tool: { name: "whoforks"; version: string };
  action: "quarantine" | "restore";
  /** Null as long as nothing was begun. */
  id: string | null;
  path: Untrusted;
  root: Untrusted;
  sha256: string | null;
  state: QuarantineState;
  /** Where the file is, as a path of this host; null when it is not in quarantine. */
  stored: Untrusted | null;
  steps: ToldStep[];
  /** Why nothing was done, or why it was taken back. */
  why: Words | null;
  concerns: Concern[];
  /** Processes that execute the file, and their companions. */
  processes: { pid: number; comm: Untrusted; runsFile: boolean }[];
  /** What starts it again; those of a supervisor that was left alone among them. */
  restarts: Pick<WhyRestart, "supervisor" | "unit" | "file" | "line" | "directive" | "stop" | "undo">[];
  cameBack: CameBack | null;
  /** What could not be undone: what is left to do, in order. */
  remaining: Remaining[];
  /** The journal of the run was damaged, or a record could not be written. */
  notes: Words[];
}

/** What is in quarantine, or was left unfinished: the rows of `--list`. */
export interface QuarantineList {
  schema: "whoforks/quarantines/1";
  tool: { name: "whoforks"; version: string };
  quarantines: {
    id: string;
    action: string;
    path: Untrusted;
    root: Untrusted;
    sha256: string | null;
    at: string;
    /** `unfinished`: its process ended before the run did, or it is under way right now. */
    state: "standing" | "stuck" | "unfinished";
    stored: Untrusted | null;
  }[];
  unreadable: string[];
}

/** How a run stands, in the words of `--list`; null for one that is over. */
export function standingOf({ end }: RunState): QuarantineList["quarantines"][number]["state"] | null {
  return end === "undone" ? null : (end ?? "unfinished");
}
