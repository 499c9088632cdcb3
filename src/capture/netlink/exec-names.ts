import type { Untrusted } from "../../model/text.ts";

/** Spawners remembered; the oldest go first. */
const SPAWNERS = 4096;

/**
 * The proc connector tells that a process executed something, not what. /proc tells it while the process lives; for the
 * others there is only this: all that the same parent was seen to execute was one program.
 */
export class ExecNames {
  /** Execs whose program /proc told, those taken from their siblings, and those that stay unknown. */
  told = 0;
  inferred = 0;
  unknown = 0;
  /** Parent → the one program its children execute, or null when there are several. */
  readonly #childrenOf = new Map<number, { exe: Untrusted; comm: Untrusted } | null>();

  /** /proc told the program of a child of `parent`. */
  tell(parent: number, exe: Untrusted, comm: Untrusted): void {
    this.told++;
    const known = this.#childrenOf.get(parent);
    if (known === undefined) {
      if (this.#childrenOf.size >= SPAWNERS) this.#childrenOf.delete(this.#childrenOf.keys().next().value as number);
      this.#childrenOf.set(parent, { exe, comm });
    } else if (known !== null && known.exe !== exe) this.#childrenOf.set(parent, null);
  }

  /** The program that a child of `parent` must have executed, if one is known; "" twice when not. */
  infer(parent: number): { exe: Untrusted; comm: Untrusted } {
    const known = this.#childrenOf.get(parent);
    if (known === undefined || known === null) {
      this.unknown++;
      return { exe: "", comm: "" };
    }
    this.inferred++;
    return known;
  }

  /** The PID belongs to a new process. */
  forget(parent: number): void {
    if (this.#childrenOf.size > 0) this.#childrenOf.delete(parent);
  }
}
