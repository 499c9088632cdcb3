import type { Image } from "./image.ts";
import type { Life } from "./life.ts";

/** A fork that was reported without its child's number in the initial PID namespace (audit: `exit=` may be namespace-local). */
export interface PendingFork {
  readonly ts: number;
  readonly parent: Life;
  readonly claim: number | null;
  taken: boolean;
  /** The fork of the same parent before it, and of the same program before it. */
  readonly olderOfParent: PendingFork | null;
  readonly olderOfImage: PendingFork | null;
  readonly depthOfParent: number;
  readonly depthOfImage: number;
}

/** How the parent of a process that turned up was found. */
export type Match = { fork: PendingFork; certain: boolean };

/**
 * Joins processes that turn up with the forks that made them: by the number that the call returned, by parent PID, and
 * last by order among forks of the same program. Forks that nobody claims are given up after a while.
 */
export class PendingForks {
  /**
   * Forks not taken yet, each in the place of its claimed number; a later one takes the place of an earlier one. PID numbers are
   * given out in sequence, so these are the newest, and no more is kept alive than waits.
   */
  readonly #claims: (PendingFork | null)[] = Array.from({ length: CLAIMS }, () => null);

  add(ts: number, parent: Life, claim: number | null): void {
    const ofParent = open(parent.pending, "olderOfParent");
    const ofImage = open(parent.image.pending, "olderOfImage");
    const depthOfParent = ofParent === null ? 0 : ofParent.depthOfParent + 1;
    const depthOfImage = ofImage === null ? 0 : ofImage.depthOfImage + 1;
    const fork: PendingFork = {
      ts,
      parent,
      claim,
      taken: false,
      olderOfParent: depthOfParent > MAX_DEPTH ? null : ofParent,
      olderOfImage: depthOfImage > MAX_DEPTH ? null : ofImage,
      depthOfParent: depthOfParent > MAX_DEPTH ? 0 : depthOfParent,
      depthOfImage: depthOfImage > MAX_DEPTH ? 0 : depthOfImage,
    };
    parent.pending = fork;
    parent.image.pending = fork;
    if (claim !== null) this.#claims[claim & (CLAIMS - 1)] = fork;
  }

  /** Whether a fork returned this number after `since`: then a process with it is a new one. */
  claimedSince(pid: number, since: number): boolean {
    const fork = this.#claimed(pid);
    return fork !== null && fork.ts > since;
  }

  /**
   * The fork that made process `pid`, whose parent is now `ppidLife` (undefined: not known) and which runs `image`.
   * Certain when the number or the parent agrees; by order of forks of the same program otherwise.
   */
  match(pid: number, ppidLife: Life | undefined, image: Image): Match | null {
    const claimed = this.#claimed(pid);
    if (claimed !== null && (claimed.parent === ppidLife || claimed.parent.image === image))
      return this.#take(claimed, true);
    const ofParent = ppidLife === undefined ? null : (ppidLife.pending = open(ppidLife.pending, "olderOfParent"));
    if (ofParent !== null) return this.#take(ofParent, true);
    const ofImage = (image.pending = open(image.pending, "olderOfImage"));
    return ofImage === null ? null : this.#take(ofImage, false);
  }

  /** The fork, not taken yet, that returned this number. */
  #claimed(pid: number): PendingFork | null {
    const fork = this.#claims[pid & (CLAIMS - 1)] ?? null;
    return fork !== null && fork.claim === pid ? fork : null;
  }

  #take(fork: PendingFork, certain: boolean): Match {
    fork.taken = true;
    if (fork.claim !== null) {
      const place = fork.claim & (CLAIMS - 1);
      if (this.#claims[place] === fork) this.#claims[place] = null;
    }
    return { fork, certain };
  }
}

const CLAIMS = 8192;
const MAX_DEPTH = 1024;

/** The newest fork of a list that no process has been joined with yet. */
function open(newest: PendingFork | null, older: "olderOfParent" | "olderOfImage"): PendingFork | null {
  let fork = newest;
  while (fork?.taken === true) fork = fork[older];
  return fork;
}
