import { createDerivation } from "../../../src/derive/index.ts";
import { diagnose } from "../../../src/diagnosis/index.ts";
import { createLookup } from "../../../src/diagnosis/lookup.ts";
import type { Diagnosis } from "../../../src/diagnosis/result.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";
import { Stream } from "../../support/storms.ts";

/** What a log of these events says, with the files of a root of ours. PID 1 is `init` of it. */
export async function judged(dir: string, tell: (stream: Stream) => void, init = "/sbin/init"): Promise<Diagnosis> {
  const derivation = createDerivation();
  const stream = new Stream((event) => derivation.onEvent(event));
  stream.seen(1, 0, init);
  tell(stream);
  const derived = derivation.finish();
  return diagnose({
    version: "0.0.0",
    host: { hostname: null, kernel: null, machine: null, os: null, cpus: 2, bootedAt: null },
    window: { startEpochMs: null, seconds: derived.lastTs / 1e9 },
    sources: [{ ...emptyLedger("audit", 0), events: 100 }],
    derived,
    known: { exitStatus: true, lineage: true, lifetimes: true },
    live: null,
    remarks: [],
    couldNotLook: [],
    lookup: createLookup({ root: dir, processes: null, ownMountNamespace: null }),
    countersOnly: null,
    interrupted: false,
    cost: () => ({ cpuSeconds: 0, wallSeconds: 0, peakRssBytes: 0 }),
  });
}
