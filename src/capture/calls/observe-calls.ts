import type { CallSink } from "../../model/calls.ts";
import type { SourceLedger } from "../../model/ledger.ts";
import type { Untrusted } from "../../model/text.ts";
import type { CouldNotLook } from "../types.ts";
import { Abis } from "./abi.ts";
import { traceCalls, type Wanted } from "./call-trace.ts";
import type { Scope } from "./scope.ts";

/** A storm of a hundred thousand calls a second fills an eighth of the buffers in that time. */
const POLL_MS = 20;

export interface CallWindow {
  sink: CallSink;
  scope: Scope;
  wanted: Wanted;
  /** Where the paths of executed files lie on this host: "/", "/proc/812/root". */
  root: string;
  /** Of the target's program. */
  bits: 32 | 64;
  seconds: number;
  signal: AbortSignal;
  /** Called about ten times a second with the seconds gone. */
  progress?(seconds: number): void;
  /** Called in pauses: work that may take so many milliseconds. */
  idle?(ms: number): void;
}

export interface CallObservation {
  /** Start of the window, ms since 1970, and its length. */
  startEpochMs: number;
  seconds: number;
  source: SourceLedger;
  /** Library functions that were called too often to be recorded to the end. */
  dropped: readonly Untrusted[];
}

/** Records calls for a while. Everything made on the host is removed before it resolves or rejects. */
export async function observeCalls(window: CallWindow): Promise<CallObservation | CouldNotLook> {
  const abis = await Abis.load(window.root, window.bits);
  const startEpochMs = Date.now();
  const trace = traceCalls(window.sink, window.scope, abis, window.wanted);
  if ("code" in trace) return trace;
  try {
    const started = performance.now();
    const gone = (): number => (performance.now() - started) / 1000;
    let told = 0;
    while (!window.signal.aborted && gone() < window.seconds) {
      const next = Math.min(gone() + POLL_MS / 1000, window.seconds);
      window.idle?.((next - gone()) * 1000);
      await pause(Math.max(1, (next - gone()) * 1000));
      trace.poll();
      if (gone() - told > 0.1) window.progress?.((told = gone()));
    }
    const seconds = gone();
    return { startEpochMs, seconds, source: trace.stop(), dropped: trace.dropped };
  } finally {
    trace.release();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
