import { z } from "zod";
import type { CgroupUsage, CpuSlices, Forebear, ProgramCpu } from "../model/cpu.ts";
import { FOOTING_WEIGHTS, type Footing, type FootingFinding, type OwnFile } from "../model/footing.ts";
import type { PastExperiment } from "../model/past-experiment.ts";
import type { HiddenAccount, HiddenLook, HiddenProcess } from "../model/hidden.ts";
import type { SkippedExample, SourceLedger } from "../model/ledger.ts";
import type { ListeningSocket } from "../model/listening.ts";
import type { ProcFacts, Snapshot } from "../model/snapshot.ts";
import type { RunFacts } from "./facts.ts";

const integer = z.int();
const count = z.int().nonnegative();
const time = z.number().nonnegative();
const text = z.string();
/** `satisfies Fields<T>` makes the compiler say when a fact is added that would not be kept. */
type Fields<T> = Record<keyof T, z.ZodType>;

function map<K extends z.ZodType, V extends z.ZodType>(key: K, value: V) {
  return z.array(z.tuple([key, value])).transform((pairs) => new Map<z.output<K>, z.output<V>>(pairs as never));
}

const process = z.object({
  pid: count,
  ppid: count,
  comm: text,
  state: text,
  startedAfterBoot: z.number(),
  utime: time,
  stime: time,
  cutime: time,
  cstime: time,
  kernelThread: z.boolean(),
  exe: text.nullable(),
  root: text.nullable(),
  threads: z.array(count),
  argv: z.array(text).nullable(),
  cwd: text.nullable().exactOptional(),
  cgroup: text.nullable(),
  cpuCgroup: text.nullable().exactOptional(),
  ignoresSigchld: z.boolean().exactOptional(),
  mountNamespace: text.nullable(),
  rootMount: text.nullable().exactOptional(),
  pidNamespace: text.nullable(),
  namespacePid: count,
} satisfies Fields<ProcFacts>);

export const snapshot: z.ZodType<Snapshot> = z.object({
  monotonicNs: time,
  epochMs: z.number(),
  cpu: z.object({
    user: time,
    system: time,
    idle: time,
    iowait: time,
    steal: time,
    interrupts: time.exactOptional(),
  } satisfies Fields<Snapshot["cpu"]>),
  forks: count,
  acceptedTcp: count.exactOptional(),
  processes: map(count, process).refine((all) => [...all].every(([pid, { pid: own }]) => pid === own)),
  cgroups: map(text, z.object({ seconds: time, monotonicNs: time } satisfies Fields<CgroupUsage>)).exactOptional(),
} satisfies Fields<Snapshot>);

const ledger = z.object({
  kind: text,
  path: text.exactOptional(),
  events: count,
  lost: count.nullable(),
  skipped: count,
  examples: z.array(z.object({ locator: text, why: text, quote: text } satisfies Fields<SkippedExample>)),
  note: text.exactOptional(),
} satisfies Fields<SourceLedger>);

const slices = z.object({
  seconds: z.number(),
  spans: z.array(z.tuple([z.number(), z.number()])).exactOptional(),
  busySeconds: z.number(),
  unknownSeconds: z.number(),
  switches: count,
  lost: count.nullable(),
  programs: z.array(
    z.object({
      pid: integer.nullable(),
      exe: text.nullable(),
      comm: text,
      seconds: z.number(),
      processes: count,
      windowSeconds: z.number(),
      descent: z
        .array(z.object({ pid: integer.nullable(), exe: text.nullable(), comm: text } satisfies Fields<Forebear>))
        .exactOptional(),
    } satisfies Fields<ProgramCpu>),
  ),
} satisfies Fields<CpuSlices>);

const witness = z.enum(["events", "number", "cgroup", "children", "raw-listing", "own-proc"]);

const hidden = z.object({
  processes: z.array(
    z.object({
      pid: count,
      startedAt: text.nullable(),
      comm: text.nullable(),
      exe: text.nullable(),
      seenBy: z.array(witness),
      missingFrom: z.array(z.enum(["listing", "lookup"])),
    } satisfies Fields<HiddenProcess>),
  ),
  look: z.object({
    rounds: count,
    seconds: time,
    witnesses: z.array(z.object({ witness, told: count, why: text.nullable() })),
    preloaded: z.array(text),
  } satisfies Fields<HiddenLook>),
} satisfies Fields<HiddenAccount>);

const gap = z.object({
  code: text,
  what: text,
  why: text,
  remedy: text.nullable(),
  args: z.record(text, z.number()).exactOptional(),
});

const ownFile = z.object({
  path: text,
  sha256: text,
  owner: z.object({ manager: text, package: text, version: text }).nullable(),
  verdict: text,
} satisfies Fields<OwnFile>);

const footing = z.object({
  findings: z.array(
    z.object({
      code: text,
      args: z.record(text, z.unknown()),
      weight: z.enum(FOOTING_WEIGHTS),
    } satisfies Fields<FootingFinding>),
  ),
  program: z.object({ node: ownFile, whoforks: ownFile }).nullable(),
  couldNotLook: z.array(gap),
} satisfies Fields<Footing>);

const listening = z.union([
  z.object({
    sockets: z.array(
      z.object({
        protocol: z.enum(["tcp", "unix"]),
        address: text,
        port: count.nullable(),
      } satisfies Fields<ListeningSocket>),
    ),
    connections: count,
    sameNetwork: z.boolean(),
  }),
  z.object({ why: text }),
]);
export const pastExperiment: z.ZodType<PastExperiment> = z.object({
  id: text,
  at: text,
  exe: text,
  root: text,
  kind: text,
  target: text,
  outcome: z.enum(["proven", "refuted", "inconclusive"]),
  code: text,
  args: z.record(text, z.unknown()),
  errorRate: z.number().nullable(),
  freePerSecond: z.number().nullable(),
  heldPerSecond: z.number().nullable(),
} satisfies Fields<PastExperiment>);

export const run: z.ZodType<RunFacts> = z.object({
  sources: z.array(ledger),
  couldNotLook: z.array(gap),
  countersOnly: z.object({ forksPerSecond: z.number() }).nullable(),
  interrupted: z.boolean(),
  ownMountNamespace: text.nullable(),
  slices: slices.nullable(),
  cgroupsOf: map(text, map(text.nullable(), count)),
  repeats: map(text, z.array(text)).exactOptional(),
  hidden: hidden.nullable().exactOptional(),
  footing: footing.nullable().exactOptional(),
  listening: map(count, listening).exactOptional(),
  mergedDirectories: z.array(z.tuple([text, text])).exactOptional(),
  experiments: z.array(pastExperiment).exactOptional(),
} satisfies Fields<RunFacts>);
