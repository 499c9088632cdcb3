import { getSystemErrorMap } from "node:util";
import type { CallName } from "../model/calls.ts";
import type { Step } from "./result.ts";

/** How a call came out, as one number: 0 well, 1..4095 errno, then these. */
export const OUTCOME = { well: 0, unfinished: 4096, exitCode: 4097 } as const;
/** Room for the outcomes of one call: 4096 errnos, unfinished, 256 exit codes. */
const OUTCOMES = 8192;
const MOST_STEPS = 65_536;
const NO_CALL: CallName = { kind: "system", name: "(other calls)", library: null };

/** Numbers the different steps of all sequences: a call together with how it came out. */
export class Steps {
  readonly #calls: CallName[] = [];
  readonly #callNumbers = new Map<string, number>();
  readonly #numbers = new Map<number, number>();
  /** call * OUTCOMES + outcome, by step. */
  readonly #steps: number[] = [];

  /** The number of a call. */
  call(name: CallName): number {
    const key = `${name.kind}\0${name.name}\0${name.library ?? ""}`;
    let number = this.#callNumbers.get(key);
    if (number === undefined) {
      number = this.#calls.push(name) - 1;
      this.#callNumbers.set(key, number);
    }
    return number;
  }

  callName(call: number): CallName {
    return this.#calls[call] ?? NO_CALL;
  }

  /** The number of a step. Those beyond the bound share the first one. */
  step(call: number, outcome: number): number {
    const key = call * OUTCOMES + outcome;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#steps.length >= MOST_STEPS) return 0;
      number = this.#steps.push(key) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  callOf(step: number): number {
    return Math.floor((this.#steps[step] ?? 0) / OUTCOMES);
  }

  /** A run of the same step, in words. */
  described(step: number, times: number): Step {
    const key = this.#steps[step] ?? 0;
    const outcome = key % OUTCOMES;
    const { name } = this.callName(Math.floor(key / OUTCOMES));
    return {
      call: name,
      exitCode: outcome >= OUTCOME.exitCode ? outcome - OUTCOME.exitCode : null,
      error: outcome > 0 && outcome < OUTCOME.unfinished ? errnoName(outcome) : null,
      unfinished: outcome === OUTCOME.unfinished,
      times,
    };
  }
}

/** ENOENT for 2, as this machine numbers its errors (those of other ABIs of one kernel are the same). */
export function errnoName(errno: number): string {
  return KERNEL_ONLY[errno] ?? getSystemErrorMap().get(-errno)?.[0] ?? `errno ${errno}`;
}

/** include/linux/errno.h: never seen by a program, but by those who look at the kernel's side of a call. */
const KERNEL_ONLY: Readonly<Record<number, string>> = {
  512: "ERESTARTSYS",
  513: "ERESTARTNOINTR",
  514: "ERESTARTNOHAND",
  515: "ENOIOCTLCMD",
  516: "ERESTART_RESTARTBLOCK",
};
