import type { Way } from "../behave/result.ts";
import { observeCalls } from "../capture/calls/observe-calls.ts";
import { runTracer } from "../capture/calls/tracer.ts";
import { insideContainer } from "../capture/procfs/container.ts";
import type { CallSink } from "../model/calls.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Untrusted } from "../model/text.ts";
import type { SourceLedger } from "../model/ledger.ts";
import { libraryPlaces } from "./behave-library.ts";
import type { Aim } from "./behave-target.ts";

/** For how long, and who may end it. */
export interface CallTime {
  seconds: number;
  signal: AbortSignal;
  progress(seconds: number): void;
}

/** What a way of looking brought; no source: it could not look. */
export interface Seen {
  with: Way[];
  startEpochMs: number;
  seconds: number;
  source: SourceLedger | null;
  couldNotLook: CouldNotLook[];
}

function nothing(couldNotLook: CouldNotLook[]): Seen {
  return { with: [], startEpochMs: Date.now(), seconds: 0, source: null, couldNotLook };
}

/** By tracepoints and probes, without ptrace. `only`: one of the two; null: both as far as possible. */
export async function byKernel(
  aim: Aim,
  sink: CallSink,
  only: "tracepoints" | "uprobes" | null,
  time: CallTime,
): Promise<Seen> {
  const container = insideContainer();
  if (container !== null) return nothing([container]);
  const library = only === "tracepoints" ? { places: [], note: null, couldNotLook: [] } : libraryPlaces(aim);
  const system = only !== "uprobes";
  if (!system && library.places.length === 0) return nothing(library.couldNotLook);
  const observed = await observeCalls({
    sink,
    scope: aim.scope,
    wanted: { system, library: library.places },
    root: aim.target.program.root,
    bits: aim.target.abi?.bits ?? 64,
    ...time,
  });
  if ("code" in observed) return nothing([observed]);
  const { source } = observed;
  if (library.note !== null) source.note = [source.note, library.note].filter((one) => one !== undefined).join("; ");
  const ways: Way[] = [
    ...(system ? (["tracepoints"] as const) : []),
    ...(library.places.length > 0 ? (["uprobes"] as const) : []),
  ];
  return { ...observed, with: ways, couldNotLook: [...library.couldNotLook, ...tooOften(observed.dropped)] };
}

/** Functions whose probes would have slowed the program down. */
function tooOften(functions: readonly Untrusted[]): CouldNotLook[] {
  if (functions.length === 0) return [];
  const what = `calls of the library functions ${functions.join(", ")}`;
  const why = "they are made so often that probing them would slow the program down, and were left out";
  return [{ code: "calls.too-often", what, why, remedy: "whoforks behave --with tracepoints" }];
}

/** By the real strace or ltrace, attached to a living process. */
export async function byTracer(aim: Aim, sink: CallSink, tool: "strace" | "ltrace", time: CallTime): Promise<Seen> {
  const traced = await runTracer(sink, tool, aim.scope, time);
  return "code" in traced ? nothing([traced]) : { ...traced, with: [tool], couldNotLook: [] };
}
