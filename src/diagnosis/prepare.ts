import type { Image, Place } from "../derive/image.ts";
import type { Finding } from "../detect/types.ts";
import type { Examiner } from "../identity/types.ts";
import type { Steps } from "../model/steps.ts";
import type { Root } from "../platform/root.ts";
import type { Configuration } from "../supervisors/index.ts";
import type { Lookup } from "./lookup.ts";
import { processesNear } from "./storms.ts";

/** More roots than this are a storm's that changes its container all the time. */
const MOST_ROOTS = 4;

/** What was read of a root ahead of the questions about it. */
export interface PreparedRoot {
  root: Root;
  examiner: Examiner | null;
  configuration: Configuration | null;
}

/**
 * Reads what a diagnosis will ask about the worst storm (package database, configuration of supervisors) in steps, in the
 * pauses of the observation. Which storm that is may change meanwhile: then another root is read as well. What is not
 * read by the end is read when it is asked for.
 */
export class Preparation {
  readonly #lookup: Lookup;
  readonly #prepared = new Map<string, PreparedRoot>();
  readonly #work: Steps<void>[] = [];
  #expected: { image: Image; place: Place } | null = null;

  /** `lookup` knows who lived before the window. */
  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /** Adds what is to be loaded after everything else. */
  afterwards(load: () => Promise<unknown>): void {
    this.#work.push(ignoring(load));
  }

  /** This storm will be asked about. */
  expect(finding: Finding): void {
    const { image } = finding.subject;
    const { place } = image;
    if (this.#prepared.size >= MOST_ROOTS) return;
    if (this.#expected?.image === image && this.#expected.place === place) return;
    this.#expected = { image, place };
    const found = this.#lookup.open(place, processesNear(finding));
    if (found === null || this.#prepared.has(found.dir)) return;
    const prepared: PreparedRoot = { root: found.root, examiner: null, configuration: null };
    this.#prepared.set(found.dir, prepared);
    this.#work.unshift(prepare(prepared));
  }

  /** Works for `ms` milliseconds at the most, as far as single steps allow; less where it has to wait, or nothing is left. */
  work(ms: number): void {
    // Where nothing storms there is nothing to be asked.
    if (this.#expected === null) return;
    const until = performance.now() + ms;
    while (performance.now() < until) {
      const [first] = this.#work;
      if (first === undefined) return;
      const { done, value } = first.next();
      if (done === true) this.#work.splice(this.#work.indexOf(first), 1);
      else if (value === "waiting") return;
    }
  }

  /** What was prepared of the root that lies there; null: nothing, or it was another's. */
  of(dir: string, root: Root): PreparedRoot | null {
    const prepared = this.#prepared.get(dir);
    return prepared !== undefined && keyOf(prepared.root) === keyOf(root) ? prepared : null;
  }
}

function* prepare(prepared: PreparedRoot): Steps<void> {
  const { root } = prepared;
  const identity = yield* loaded(() => import("../identity/index.ts"));
  if (identity === null) return;
  prepared.examiner = identity.examiner(root);
  yield* prepared.examiner.prepare();
  const supervisors = yield* loaded(() => import("../supervisors/index.ts"));
  if (supervisors !== null) prepared.configuration = yield* supervisors.readConfiguration(root);
  yield* prepared.examiner.prepareContents();
}

/** Waits for what comes by itself. Null: it failed, which is not told here, since whoever needs it will meet it. */
function* loaded<T>(begin: () => Promise<T>): Steps<T | null> {
  const state: { value: T | null; pending: boolean } = { value: null, pending: true };
  void begin()
    .then(
      (value) => (state.value = value),
      () => undefined,
    )
    .then(() => (state.pending = false));
  while (state.pending) yield "waiting";
  return state.value;
}

function* ignoring(begin: () => Promise<unknown>): Steps<void> {
  yield* loaded(begin);
}

/** Which directory it is: a /proc/PID/root is another's once the number is. */
function keyOf(root: Root): string | null {
  try {
    const stat = root.stat("/");
    return stat === null ? null : `${stat.dev}:${stat.ino}`;
  } catch {
    // Gone, or not permitted: nobody's.
    return null;
  }
}
