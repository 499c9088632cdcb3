import type { Intervention } from "../experiment/intervention.ts";
import type { Sentence } from "../experiment/result.ts";
import { wordsOf, type Run } from "../journal/run.ts";
import type { Remaining, Step } from "../journal/types.ts";

/** The steps of an intervention as they are taken and taken back. */
export class Carrying {
  because: Sentence | null = null;
  remaining: Remaining[] = [];
  readonly #run: Run;
  readonly #intervention: Intervention;
  #held: number[] = [];

  constructor(run: Run, intervention: Intervention) {
    this.#run = run;
    this.#intervention = intervention;
  }

  prepare(): Promise<boolean> {
    return this.#take(
      () => this.#intervention.prepare,
      () => undefined,
    );
  }

  hold(): Promise<boolean> {
    const { again, hold } = this.#intervention;
    return this.#take(again === undefined ? () => hold : () => again(this.#run.id), (step) => this.#held.push(step));
  }

  /**
   * The last step first. What cannot be taken back is tried again at the end. False as well where somebody else has taken a
   * step back before, a supervisor for example that was told to start the unit: it was not held then, whatever was measured.
   */
  async release(): Promise<boolean> {
    let all = true;
    for (const step of this.#held.reverse()) {
      if (this.#run.standing(step) === "before") {
        this.because = { code: "experiment.refused.not-kept", args: { target: this.#intervention.target } };
        all = false;
      }
      const left = await this.#run.undo(step);
      if (left === null) continue;
      this.because = { code: left.why.code, args: { ...left.why.args } };
      all = false;
    }
    this.#held = [];
    return all;
  }

  async #take(stepsOf: () => readonly Step[], taken: (step: number) => void): Promise<boolean> {
    try {
      for (const step of stepsOf()) taken(await this.#run.take(step));
      return true;
    } catch (error) {
      const { code, args } = wordsOf(error);
      this.because = { code, args: { ...args } };
      return false;
    }
  }
}
