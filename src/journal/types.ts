import type { z } from "zod";
import type { Untrusted } from "../model/text.ts";

/** A sentence of the catalogue and its arguments; strings in them are untrusted. */
export interface Words {
  code: string;
  args: Readonly<Record<string, unknown>>;
}

/** One change to the host, as data: everything that doing it, undoing it and looking at it need. JSON only. */
export interface Step {
  /** Name of its `StepKind`: `file.move`. */
  kind: string;
  data: unknown;
}

/** Where the host stands in respect of a step. `lost`: neither as before nor as after, and nothing of ours can tell why. */
export type Standing = "before" | "after" | "between" | "lost";

/**
 * What became of an undo. `undone` and `nothing-to-undo` end the matter. `lasting`: what was done has no way back (an
 * ended process) and needs none. `refused`: it could not or must not be undone, with the reason and what is left to do.
 */
export type UndoResult =
  { outcome: "undone" | "nothing-to-undo" | "lasting" } | { outcome: "refused"; why: Words; byHand: string[][] };

/**
 * How one kind of step is done and undone. All of it is written for a process that may be killed between any two
 * instructions: `undo` is given the data that was journaled *before* `apply` began, so it must do the right thing where
 * `apply` never ran, ran in part, ran whole, or was undone before (idempotent). What only `apply` can learn does not
 * belong into a step: look first, then make the step.
 */
export interface StepKind<D> {
  readonly kind: string;
  /** Shape of the data; a journal that holds something else is damaged, and that step is not touched. */
  readonly data: z.ZodType<D>;
  /** Steps with a higher number are undone after all with a lower one; within a number, last done is first undone. Default 0. */
  readonly undoLate?: number;
  /** Does it. Throws `StepRefused`, or an error of a system call. */
  apply(data: D): Promise<void> | void;
  /** Takes it back; throwing an error of a system call is the same as refusing for that reason. */
  undo(data: D): Promise<UndoResult> | UndoResult;
  /** Looks, and changes nothing. */
  verify(data: D): Standing;
  /** What it does, and how that is taken back: two sentences for the plan. */
  effect(data: D): Words;
  undoing(data: D): Words;
  /** Commands by which a person takes it back, in order; [] where there are none. */
  byHand(data: D): string[][];
}

/** Thrown by `apply` when the host is not as the step takes it to be: the reason is for the user. */
export class StepRefused extends Error {
  readonly why: Words;

  constructor(code: string, args: Words["args"] = {}) {
    super(code);
    this.name = "StepRefused";
    this.why = { code, args };
  }
}

/**
 * The same before anything was changed: what stands there is another's doing, and must not be taken back. Its step counts
 * as undone.
 */
export class StepUntouched extends StepRefused {}

/** A step kind with the type of its data forgotten: every function checks the data by the schema first. */
export interface AnyStepKind {
  readonly kind: string;
  readonly undoLate: number;
  /** Whether the data has the shape. */
  fits(data: unknown): boolean;
  apply(data: unknown): Promise<void> | void;
  undo(data: unknown): Promise<UndoResult> | UndoResult;
  verify(data: unknown): Standing;
  effect(data: unknown): Words;
  undoing(data: unknown): Words;
  byHand(data: unknown): string[][];
}

/** Makes a `StepKind` fit for the registry (`StepKinds`). */
export function stepKind<D>(own: StepKind<D>): AnyStepKind {
  const read = (data: unknown): D => own.data.parse(data);
  return {
    kind: own.kind,
    undoLate: own.undoLate ?? 0,
    fits: (data) => own.data.safeParse(data).success,
    apply: (data) => own.apply(read(data)),
    undo: (data) => own.undo(read(data)),
    verify: (data) => own.verify(read(data)),
    effect: (data) => own.effect(read(data)),
    undoing: (data) => own.undoing(read(data)),
    byHand: (data) => own.byHand(read(data)),
  };
}

/** The kinds of steps that are known, by name. */
export type StepKinds = ReadonlyMap<string, AnyStepKind>;

/** The registry of an explicit list. */
export function stepKinds(list: readonly AnyStepKind[]): StepKinds {
  return new Map(list.map((kind) => [kind.kind, kind]));
}

/** What a run is about, as it was told at its beginning. */
export interface RunHead {
  /** `20261129-200311-4f2a9c`: unique by its random part, whatever the clock says. */
  id: string;
  /** `quarantine`, `prove`: the command that began it, and that knows its details. */
  action: string;
  /** The path or unit that it is about. */
  subject: Untrusted;
  /** The file system it belongs to, as a folder of this host; "/" for its own. */
  root: Untrusted;
  /** ISO 8601 UTC by the clock of the host, which may jump: nothing is concluded from it. */
  at: string;
  /** /proc/sys/kernel/random/boot_id. */
  bootId: string;
  version: string;
  /** Whatever the action wants to find again. */
  details: unknown;
}

/** One record of a journal. `step` counts from 0 in the order of doing. */
export type JournalRecord =
  | ({ type: "begin" } & RunHead)
  | { type: "doing"; step: number; kind: string; data: unknown }
  | { type: "done"; step: number }
  | { type: "failed"; step: number; why: Words }
  | { type: "undoing"; step: number }
  | { type: "undone"; step: number; outcome: "undone" | "nothing-to-undo" | "lasting" }
  | { type: "refused"; step: number; why: Words; byHand: string[][] }
  | { type: "note"; name: string; data: unknown }
  | { type: "end"; state: EndState };

/**
 * `standing`: finished, and meant to stay until it is asked back (a quarantined file). `undone`: everything is as it was.
 * `stuck`: ended with something that could not be undone.
 */
export type EndState = "standing" | "undone" | "stuck";

export type StepState = "doing" | "done" | "failed" | "undoing" | "undone" | "refused";

/** A step as its journal tells it. */
export interface TakenStep extends Step {
  step: number;
  state: StepState;
  /** Why it failed, or its undo was refused. */
  why: Words | null;
  byHand: string[][];
}

/** What a journal tells of its run. */
export interface RunState {
  head: RunHead;
  steps: TakenStep[];
  notes: { name: string; data: unknown }[];
  /** Null: it never came to an end, or went on after it. */
  end: EndState | null;
  /**
   * Records that were altered or are missing: there may have been steps that nobody knows of. `torn`: the last record was
   * being written when its process ended. Its step was not taken, because a record is on the disk before its step.
   */
  damaged: { count: number; examples: string[]; torn: boolean };
}

/** Something that is left to do by hand, because it could not be undone. */
export interface Remaining {
  step: number;
  kind: string;
  effect: Words | null;
  why: Words;
  byHand: string[][];
}
