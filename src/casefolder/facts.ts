import type { CpuSlices } from "../model/cpu.ts";
import type { Footing } from "../model/footing.ts";
import type { PastExperiment } from "../model/past-experiment.ts";
import type { HiddenAccount } from "../model/hidden.ts";
import type { ListeningLook } from "../model/listening.ts";
import type { SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";

/** What a live run found out besides events and snapshots. */
export interface RunFacts {
  sources: SourceLedger[];
  couldNotLook: {
    code: string;
    what: string;
    why: string;
    remedy: string | null;
    args?: Readonly<Record<string, number>>;
  }[];
  /** Set when no source could tell who forks. */
  countersOnly: { forksPerSecond: number } | null;
  interrupted: boolean;
  /** Mount namespace of the tool: programs of others were looked up in other roots. */
  ownMountNamespace: string | null;
  /** A short recording of all context switches. */
  slices: CpuSlices | null;
  /** Program → cgroup → processes of it met there. */
  cgroupsOf: ReadonlyMap<Untrusted, ReadonlyMap<Untrusted | null, number>>;
  /** Program → the calls that its generations repeat. Absent: nobody looked. */
  repeats?: ReadonlyMap<Untrusted, readonly Untrusted[]>;
  /** Processes that lived and that /proc did not show; null: not looked for. Absent in older cases. */
  hidden?: HiddenAccount | null;
  /** What the tool stood on; null: not looked at. Absent in older cases. */
  footing?: Footing | null;
  /** On which sockets those listened who start many processes. Absent in older cases. */
  listening?: ListeningLook;
  /** Directories of the host's root that are links, and where they lead: `/bin` to `/usr/bin`. Absent in older cases. */
  mergedDirectories?: readonly (readonly [Untrusted, Untrusted])[];
  /** Experiments on that host that were over. Absent: there were none. */
  experiments?: readonly PastExperiment[];
}

/** JSON of facts: maps become lists of pairs; text that no UTF-8 can spell is escaped (`\udc80`) and comes back as it was. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map ? [...inner] : inner)) + "\n";
}
