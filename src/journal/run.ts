import { NotBeneath } from "../platform/beneath.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import type { Appender } from "./append.ts";
import { JournalError } from "./errors.ts";
import {
  StepRefused,
  StepUntouched,
  type EndState,
  type JournalRecord,
  type Remaining,
  type RunState,
  type Standing,
  type Step,
  type StepKinds,
  type TakenStep,
  type UndoResult,
  type Words,
} from "./types.ts";

/**
 * A run that is under way: it holds the lock and writes its journal. Every step is on the disk, with all that its undo
 * needs, before it is taken. After a crash `Journal.resume` gives the run again, and `undoAll` leads back to the start.
 *
 *     const run = journal.begin({ action: "prove", subject, root, details });
 *     try {
 *       await run.take({ kind: "unit.stop", data: { … } });
 *       run.note("measured", numbers);                       // found again in state.notes, after a reboot too
 *       const remaining = await run.undoAll();               // ends the run; [] when all is as it was
 *     } finally {
 *       run.close();
 *     }
 */
export class Run {
  readonly state: RunState;
  readonly #kinds: StepKinds;
  readonly #appender: Appender;
  readonly #closed: () => void;
  /** Why records of an undo could not be written; the undo went on all the same. */
  unwritten: string | null = null;

  /** Made by `Journal`. */
  constructor(state: RunState, kinds: StepKinds, appender: Appender, closed: () => void) {
    this.state = state;
    this.#kinds = kinds;
    this.#appender = appender;
    this.#closed = closed;
  }

  get id(): string {
    return this.state.head.id;
  }

  /**
   * Journals a step, then takes it; gives its number. Throws what `apply` throws, after journaling that (the step may
   * have been taken in part: undo it), and `JournalError` "unusable" when the record could not be written: then it was
   * not taken.
   */
  async take(step: Step): Promise<number> {
    const kind = this.#kinds.get(step.kind);
    if (kind === undefined || !kind.fits(step.data)) throw new TypeError(`no such step: ${JSON.stringify(step)}`);
    const number = this.state.steps.length === 0 ? 0 : (this.state.steps.at(-1) as TakenStep).step + 1;
    this.#write({ type: "doing", step: number, kind: step.kind, data: step.data });
    // What is done from here on is what a reader of the journal would do: its data went through JSON.
    const data: unknown = JSON.parse(JSON.stringify(step.data));
    const taken: TakenStep = { step: number, kind: step.kind, data, state: "doing", why: null, byHand: [] };
    this.state.steps.push(taken);
    this.state.end = null;
    try {
      await kind.apply(data);
    } catch (error) {
      taken.state = "failed";
      taken.why = wordsOf(error);
      this.#tryWrite({ type: "failed", step: number, why: taken.why });
      if (error instanceof StepUntouched) {
        taken.state = "undone";
        this.#tryWrite({ type: "undone", step: number, outcome: "nothing-to-undo" });
      }
      throw error;
    }
    taken.state = "done";
    this.#tryWrite({ type: "done", step: number });
    return number;
  }

  /** Keeps something for whoever resumes this run. Throws `JournalError` when it could not be written. */
  note(name: string, data: unknown): void {
    this.#write({ type: "note", name, data });
    this.state.notes.push({ name, data: JSON.parse(JSON.stringify(data)) as unknown });
  }

  /** Takes one step back. Null when nothing of it is left; else what is left to do. */
  async undo(number: number): Promise<Remaining | null> {
    const taken = this.state.steps.find(({ step }) => step === number);
    if (taken === undefined) throw new RangeError(`no step ${number}`);
    if (taken.state === "undone") return null;
    this.#tryWrite({ type: "undoing", step: number });
    const result = await this.#undone(taken);
    if (result.outcome !== "refused") {
      taken.state = "undone";
      taken.why = null;
      this.#tryWrite({ type: "undone", step: number, outcome: result.outcome });
      return null;
    }
    taken.state = "refused";
    taken.why = result.why;
    taken.byHand = result.byHand;
    this.#tryWrite({ type: "refused", step: number, why: result.why, byHand: result.byHand });
    return this.#remaining(taken);
  }

  /** Where the host stands now in respect of a step; null: that cannot be told. Changes nothing. */
  standing(number: number): Standing | null {
    const taken = this.state.steps.find(({ step }) => step === number);
    const kind = taken === undefined ? undefined : this.#kinds.get(taken.kind);
    if (taken === undefined || kind === undefined || !kind.fits(taken.data)) return null;
    try {
      return kind.verify(taken.data);
    } catch {
      return null;
    }
  }

  /**
   * Takes everything back, the last step first (but see `undoLate`), and ends the run: "undone", or "stuck" with what is
   * left to do (`onUndone` hears of each step that is undone); damaged records are among that, because steps may have been in them. A refused step does not keep the others from being undone, unless `stopAtRefusal` says that of its kind.
   */
  async undoAll(
    stopAtRefusal: (kind: string) => boolean = () => false,
    onUndone: (taken: TakenStep) => void = () => undefined,
  ): Promise<Remaining[]> {
    const late = ({ kind }: TakenStep): number => this.#kinds.get(kind)?.undoLate ?? 0;
    const order = [...this.state.steps].sort((a, b) => late(a) - late(b) || b.step - a.step);
    const remaining: Remaining[] = [];
    let stopped = false;
    for (const taken of order) {
      if (taken.state === "undone") continue;
      const left = stopped ? this.#remaining(taken) : await this.undo(taken.step);
      if (left === null) {
        onUndone(taken);
        continue;
      }
      remaining.push(left);
      stopped ||= stopAtRefusal(taken.kind);
    }
    const { count, examples } = this.state.damaged;
    if (count > 0)
      remaining.push({
        step: -1,
        kind: "journal",
        effect: null,
        why: { code: "undo.damaged-journal", args: { count, example: examples[0] ?? null } },
        byHand: [],
      });
    this.#tryEnd(remaining.length === 0 ? "undone" : "stuck");
    return remaining;
  }

  /** Ends the run. Its steps stay as they are. */
  end(state: EndState): void {
    this.#write({ type: "end", state });
    this.state.end = state;
  }

  /** Gives the lock back. The run is told as unfinished by the next start when it was not ended. */
  close(): void {
    this.#appender.close();
    this.#closed();
  }

  async #undone(taken: TakenStep): Promise<UndoResult> {
    const kind = this.#kinds.get(taken.kind);
    if (kind === undefined || !kind.fits(taken.data))
      return { outcome: "refused", why: { code: "undo.unknown-step", args: { kind: taken.kind } }, byHand: [] };
    try {
      return await kind.undo(taken.data);
    } catch (error) {
      return { outcome: "refused", why: wordsOf(error), byHand: kind.byHand(taken.data) };
    }
  }

  #remaining(taken: TakenStep): Remaining {
    const kind = this.#kinds.get(taken.kind);
    const known = kind?.fits(taken.data) === true ? kind : null;
    return {
      step: taken.step,
      kind: taken.kind,
      effect: known?.effect(taken.data) ?? null,
      why: taken.why ?? { code: "undo.not-tried", args: {} },
      byHand: taken.byHand.length > 0 ? taken.byHand : (known?.byHand(taken.data) ?? []),
    };
  }

  #tryEnd(state: EndState): void {
    this.state.end = state;
    this.#tryWrite({ type: "end", state });
  }

  #write(record: JournalRecord): void {
    try {
      this.#appender.append(record);
    } catch (error) {
      throw new JournalError("unusable", { dir: this.id, why: reasonOf(error) });
    }
  }

  /** For what has happened already: an undo must go on where the disk is full, and is idempotent. */
  #tryWrite(record: JournalRecord): void {
    try {
      this.#appender.append(record);
    } catch (error) {
      this.unwritten = reasonOf(error);
    }
  }
}

/** The reason of an error, as a sentence. */
export function wordsOf(error: unknown): Words {
  if (error instanceof StepRefused) return error.why;
  if (error instanceof NotBeneath) return { code: `undo.not-beneath.${error.reason}`, args: { path: error.path } };
  const code = errnoOf(error);
  // An error of a system call is the host's doing; any other is a bug of ours, and is told with its text all the same.
  return { code: "undo.call-failed", args: { code: code === "" ? null : code, why: reasonOf(error) } };
}
