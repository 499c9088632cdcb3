import type { Untrusted } from "../../model/text.ts";
import type { Timed } from "./timeline.ts";

/** Who lived longer is looked up before its record comes, ns. */
export const LONG = 2e9;
const MOST = 262_144;

/** The processes that lived long, as a first look at the whole file finds them: their records come when they are over. */
export class LongLived {
  readonly #all: Timed[] = [];
  readonly #byPid = new Map<number, Timed[]>();
  #next = 0;
  /** Those beyond the bound: their beginnings are told late. */
  dropped = 0;

  /** @returns whether it was kept */
  add(timed: Timed): void {
    if (timed.end - timed.start <= LONG) return;
    if (this.#all.length >= MOST) {
      this.dropped++;
      return;
    }
    this.#all.push(timed);
    const { pid } = timed.record;
    const known = this.#byPid.get(pid);
    if (known === undefined) this.#byPid.set(pid, [timed]);
    else known.push(timed);
  }

  /** To be called before `begunUntil`. */
  settle(): void {
    this.#all.sort((a, b) => a.start - b.start);
  }

  /** Those that began until `time` and were not given out yet. */
  *begunUntil(time: number): Generator<Timed> {
    for (let next = this.#all[this.#next]; next !== undefined && next.start <= time; next = this.#all[this.#next]) {
      this.#next++;
      yield next;
    }
  }

  /** Name of the process that had this number at a time; null when it did not end within the file, or lived too short. */
  nameAt(pid: number, time: number): Untrusted | null {
    const known = this.#byPid.get(pid);
    return known?.find(({ start, end }) => start <= time && time <= end)?.record.comm ?? null;
  }
}
