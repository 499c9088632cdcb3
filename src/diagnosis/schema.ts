import { z } from "zod";
import { couldNotLook, footing } from "../identity/footing-schema.ts";
import { identity } from "../identity/schema.ts";
import { SCHEMA, STORM_KINDS } from "./result.ts";

/**
 * The JSON that `diagnose --json` prints, as a schema. It is checked in tests and exported to `schema/` as JSON Schema.
 * A path or other hostile text that is not valid UTF-8 appears as `{"bytes": "<base64>"}`.
 */
const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const count = z.int().nonnegative();
const args = z.record(z.string(), z.unknown());
const time = z.iso.datetime({ offset: false, precision: null });

export const evidence = z.object({ source: z.string(), locator: z.string(), quote: text.optional() });

export const restart = z.object({
  storm: z.string(),
  supervisor: z.string(),
  unit: text,
  file: text,
  line: count.nullable(),
  directive: text,
  limit: z.object({ starts: count, seconds: z.number() }).nullable(),
  limitAllowsRate: z.boolean().nullable(),
  command: text,
  searchPath: z.array(text).nullable(),
  resolvesTo: text.nullable(),
  shadows: z.array(text).nullable(),
  activates: text.exactOptional(),
  user: z.object({ uid: count, name: text }).exactOptional(),
});

const cpuSource = z.enum(["sched_switch", "cgroup", "waiter"]);

const container = z.object({
  runtime: z.string(),
  id: text.nullable(),
  name: text.nullable(),
  pod: z.object({ uid: z.string(), qos: z.enum(["guaranteed", "burstable", "besteffort"]) }).optional(),
});

export const storm = z.object({
  id: z.string(),
  kind: z.enum(STORM_KINDS),
  program: z.object({ exe: text.nullable(), comm: text, root: text }),
  processes: count,
  perSecond: z.number(),
  peakAlive: count,
  lifetimeMs: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  cpus: z.number().nullable(),
  cpusFrom: cpuSource.nullable().optional(),
  cpuChecks: z
    .array(
      z.object({
        from: cpuSource,
        cpus: z.number(),
        bound: z.enum(["exact", "upper", "lower"]),
        cgroup: text.optional(),
      }),
    )
    .optional(),
  startersCpus: z.number().nullable().optional(),
  cpuHoles: z.array(z.enum(["sigchld-ignored", "reaped-by-another"])).optional(),
  cgroup: text.nullable().optional(),
  container: container.nullable().optional(),
  unit: z
    .object({
      unit: text.nullable(),
      slice: text.nullable(),
      user: count.nullable(),
      session: text.nullable(),
    })
    .nullable()
    .optional(),
  spawner: z
    .object({ pid: count, exe: text.nullable(), comm: text, namespacePid: count.nullable().optional() })
    .nullable(),
  reaper: z
    .object({
      pid: count,
      exe: text.nullable(),
      comm: text,
      cpuShare: z.number().nullable(),
      namespacePid: count.nullable().optional(),
    })
    .nullable(),
  generations: z.object({ depth: count, branching: z.number() }).nullable(),
  intervalMs: z.object({ p50: z.number(), variation: z.number() }).nullable(),
  gapMs: z.object({ p50: z.number() }).nullable(),
  exits: z.array(z.object({ code: z.int().nullable(), signal: z.string().nullable(), count })),
  abi: z.object({ machine: z.string(), bits: z.union([z.literal(32), z.literal(64)]) }).nullable(),
  repeats: z.array(z.string()).nullable(),
  commands: z.array(z.object({ argv: z.array(text), count, cut: z.boolean() })).optional(),
  argvKnown: z.object({ known: count, of: count }).optional(),
  failedExecs: count.nullable().optional(),
  failedForks: count.nullable().optional(),
  benign: z.boolean(),
  confidence: z.enum(["high", "medium", "low"]),
  reasons: z.array(z.object({ code: z.string(), args, weighs: z.enum(["for", "against"]) })),
  evidence: z.array(evidence),
});

const witness = z.enum(["events", "number", "cgroup", "children", "raw-listing", "own-proc"]);

const hiddenProcess = z.object({
  pid: count,
  startedAt: time.nullable(),
  comm: text.nullable(),
  exe: text.nullable(),
  seenBy: z.array(witness),
  missingFrom: z.array(z.enum(["listing", "lookup"])),
});

const hiddenLook = z.object({
  rounds: count,
  seconds: z.number().nonnegative(),
  witnesses: z.array(z.object({ witness, told: count, why: z.string().nullable() })),
  preloaded: z.array(text),
});

const share = z.number().min(0).max(1);

export const diagnosis = z.object({
  schema: z.literal(SCHEMA),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  host: z.object({
    hostname: text.nullable(),
    kernel: z.string().nullable(),
    machine: z.string().nullable(),
    os: text.nullable(),
    cpus: count.nullable(),
    bootedAt: time.nullable(),
  }),
  window: z.object({ start: time.nullable(), seconds: z.number().nonnegative() }),
  sources: z.array(
    z.object({
      kind: z.string(),
      path: text.optional(),
      events: count,
      lost: count.nullable(),
      skipped: count,
      note: z.string().optional(),
      examples: z.array(z.object({ locator: z.string(), why: z.string(), quote: text })).optional(),
    }),
  ),
  symptom: z.object({
    cpu: z.object({ user: share, system: share, idle: share, iowait: share, steal: share }).nullable(),
    busyCpus: z.number().nullable(),
    explainedCpus: z.number().nullable(),
    sum: z
      .object({
        explained: share,
        unexplained: share,
        parts: z.array(
          z.object({
            of: z.enum(["living", "storms", "other-dead", "kernel-threads", "interrupts"]),
            cpus: z.number(),
            share,
          }),
        ),
      })
      .nullable()
      .optional(),
    splitReliable: z.boolean().optional(),
    recorded: z
      .object({
        seconds: z.number(),
        spans: z.array(z.tuple([z.number(), z.number()])).optional(),
        busyCpus: z.number(),
        unknownCpus: z.number(),
        lost: count.nullable(),
        programs: z.array(
          z.object({ pid: count.nullable(), comm: text, exe: text.nullable(), cpus: z.number(), processes: count }),
        ),
      })
      .nullable()
      .optional(),
    forksPerSecond: z.number(),
    execsPerSecond: z.number(),
    exitsPerSecond: z.number(),
    failedExecsPerSecond: z.number().nullable().optional(),
    failedForksPerSecond: z.number().nullable().optional(),
    topLiving: z.array(z.object({ pid: count, comm: text, exe: text.nullable(), cpuShare: z.number() })),
    pid1CpuShare: z.number().nullable(),
    pid1ReapedCpus: z.number().nullable().optional(),
  }),
  storms: z.array(storm),
  restarts: z.array(restart),
  identities: z.array(identity),
  verdict: z.object({
    outcome: z.enum(["healthy", "benign", "storm", "inconclusive"]),
    code: z.string(),
    args,
    confidence: z.enum(["high", "medium", "low"]),
    storm: z.string().nullable(),
    partial: z.literal(true).optional(),
  }),
  chain: z.array(z.object({ code: z.string(), args, evidence: z.array(evidence) })),
  advice: z.array(
    z.object({
      code: z.string(),
      args,
      safety: z.enum(["safe", "needs-review", "destructive"]),
      command: z.array(text).nullable(),
      undo: z.array(text).nullable(),
    }),
  ),
  couldNotLook,
  hidden: z.array(hiddenProcess).nullable().optional(),
  hiddenLook: hiddenLook.nullable().optional(),
  footing: footing.nullable().optional(),
  experiment: z
    .object({
      id: z.string(),
      at: z.string(),
      exe: text,
      root: text,
      kind: z.string(),
      target: text,
      outcome: z.enum(["proven", "refuted", "inconclusive"]),
      code: z.string(),
      args: z.record(z.string(), z.unknown()),
      errorRate: z.number().nullable(),
      freePerSecond: z.number().nonnegative().nullable(),
      heldPerSecond: z.number().nonnegative().nullable(),
      storm: z.string(),
    })
    .nullable(),
  cost: z.object({ cpuSeconds: z.number(), wallSeconds: z.number(), peakRssBytes: count }),
});
