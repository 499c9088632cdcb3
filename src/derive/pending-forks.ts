import type { Life } from "./life.ts";
import type { Image } from "./image.ts";

/** A fork that was reported without its child's number in the initial PID namespace (audit: `exit=` may be namespace-local). */
export interface PendingFork {
  ts: number;
  parent: Life;
  claim: number | null;
  taken: boolean;
}

/** How the parent of a process that turned up was found. */
export type Match = { fork: PendingFork; certain: boolean };

/**
 * Joins processes that turn up with the forks that made them: by parent PID, by the number the call returned, and
 * last by order among forks of the same program. Keeps at most `MAX` forks a program; older ones are given up.
 */
export class PendingForks {
  readonly #byClaim = new Map<number, PendingFork>();
  readonly #byParent = new Map<number, PendingFork[]>();
  readonly #byImage = new Map<Image, PendingFork[]>();

  add(ts: number, parent: Life, claim: number | null): void {
    const fork: PendingFork = { ts, parent, claim, taken: false };
    if (claim !== null) {
      this.#byClaim.delete(claim);
      this.#byClaim.set(claim, fork);
      if (this.#byClaim.size > MAX) this.#byClaim.delete(this.#byClaim.keys().next().value as number);
    }
    push(this.#byParent, parent.id, fork);
    if (this.#byParent.size > MAX) this.#byParent.delete(this.#byParent.keys().next().value as number);
    push(this.#byImage, parent.image, fork);
  }

  /** Whether a fork returned this number after `since`: then a process with it is a new one. */
  claimedSince(pid: number, since: number): boolean {
    const fork = this.#byClaim.get(pid);
    return fork !== undefined && !fork.taken && fork.ts > since;
  }

  /**
   * The fork that made process `pid`, whose parent is now `ppidLife` (undefined: not known) and which runs `image`.
   * Certain when the number or the parent agrees; by order of forks of the same program otherwise.
   */
  match(pid: number, ppidLife: Life | undefined, image: Image): Match | null {
    const claimed = this.#byClaim.get(pid);
    if (claimed !== undefined && !claimed.taken && (claimed.parent === ppidLife || claimed.parent.image === image)) {
      return this.#take(claimed, true);
    }
    if (ppidLife !== undefined) {
      const fork = lastOpen(this.#byParent.get(ppidLife.id));
      if (fork !== undefined) return this.#take(fork, true);
    }
    const fork = lastOpen(this.#byImage.get(image));
    return fork === undefined ? null : this.#take(fork, false);
  }

  #take(fork: PendingFork, certain: boolean): Match {
    fork.taken = true;
    if (fork.claim !== null && this.#byClaim.get(fork.claim) === fork) this.#byClaim.delete(fork.claim);
    return { fork, certain };
  }
}

const MAX = 32_768;
const MAX_A_KEY = 256;

function push<K>(map: Map<K, PendingFork[]>, key: K, fork: PendingFork): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [fork]);
  else {
    list.push(fork);
    if (list.length > MAX_A_KEY) list.splice(0, MAX_A_KEY / 2);
  }
}

/** The newest fork that no process has been joined with; joined ones at the end are dropped on the way. */
function lastOpen(list: PendingFork[] | undefined): PendingFork | undefined {
  if (list === undefined) return undefined;
  while (list.at(-1)?.taken === true) list.pop();
  return list.at(-1);
}
