import { CallRecorder } from "../behave/recorder.ts";
import { observeCalls } from "../capture/calls/observe-calls.ts";
import type { Derived } from "../derive/index.ts";
import { detect } from "../detect/index.ts";
import type { Untrusted } from "../model/text.ts";
import { programName } from "../diagnosis/names.ts";
import { KNOWN } from "./known-live.ts";

/** Long enough for hundreds of generations of a storm; every system call of the host is a little slower meanwhile. */
const SECONDS = 0.2;
const MIN_WHOLE = 10;

/**
 * The calls that nearly every generation of the worst storm makes, if that is one whose members make each other: a short
 * look after the window, so that it disturbs no number measured in it. Program → calls; empty when nothing was seen.
 * `idle` is called in its pauses.
 */
export async function glance(
  derived: Derived,
  seconds: number,
  { signal, idle }: { signal: AbortSignal; idle: (ms: number) => void },
): Promise<ReadonlyMap<Untrusted, readonly Untrusted[]>> {
  const repeats = new Map<Untrusted, readonly Untrusted[]>();
  const worst = detect(derived, KNOWN, seconds).findings[0];
  if (worst === undefined || (worst.kind !== "self-replicating-chain" && worst.kind !== "fork-bomb")) return repeats;
  const { exe, comm, abi } = worst.subject.image;
  const recorder = new CallRecorder({ names: new Map([[comm, exe]]) });
  const observed = await observeCalls({
    sink: recorder,
    scope: { seeds: [], net: true },
    wanted: { system: true, library: [] },
    root: "/",
    bits: abi?.bits ?? 64,
    seconds: SECONDS,
    signal,
    idle,
  });
  // The question was another one: why it could not be seen, `behave` tells.
  if ("code" in observed) return repeats;
  const [program] = recorder.finish();
  const generations = program?.generations[0];
  if (generations !== undefined && generations.whole >= MIN_WHOLE && generations.every.length > 0)
    repeats.set(programName({ exe, comm }), generations.every);
  return repeats;
}
