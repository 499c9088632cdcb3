import { z } from "zod";
import type { Behaviour, Generations, ProgramBehaviour, Target } from "./result.ts";

/**
 * The JSON that `behave --json` prints, as a schema: checked in tests and exported to `schema/`. Hostile text that is
 * not valid UTF-8 appears as `{"bytes": "<base64>"}`.
 */
const text = z.union([z.string(), z.object({ bytes: z.base64() })]);
const count = z.int().nonnegative();
/** Makes the compiler say when something is added that the schema does not have. */
type Fields<T> = Record<keyof T, z.ZodType>;

const kind = z.enum(["system", "library"]);
const step = z.object({
  call: text,
  exitCode: count.max(255).nullable(),
  error: z.string().nullable(),
  unfinished: z.boolean(),
  times: count,
});
const generations = z.object({
  calls: kind,
  whole: count,
  repeating: count,
  repeatingLoosely: count,
  sequence: z.array(step),
  cutCalls: count,
  every: z.array(text),
  variants: z.array(
    z.object({ count, calls: count, at: count, common: step.nullable(), instead: step.nullable() } satisfies Fields<
      Generations["variants"][number]
    >),
  ),
  otherVariants: count,
} satisfies Fields<Generations>);
const program = z.object({
  program: z.object({ exe: text.nullable(), comm: text }),
  processes: count,
  killed: z.array(z.object({ signal: count, count })),
  calls: z.array(
    z.object({
      kind,
      name: text,
      library: text.nullable(),
      count,
      errors: z.array(z.object({ error: z.string(), count })),
      seconds: z.number().nullable(),
    } satisfies Fields<ProgramBehaviour["calls"][number]>),
  ),
  generations: z.array(generations),
} satisfies Fields<ProgramBehaviour>);
const target = z.object({
  pid: count.nullable(),
  storm: z.object({ id: z.string(), kind: z.string(), perSecond: z.number(), benign: z.boolean() }).nullable(),
  program: z.object({ exe: text.nullable(), comm: text, root: text }),
  abi: z.object({ machine: z.string(), bits: z.union([z.literal(32), z.literal(64)]) }).nullable(),
} satisfies Fields<Target>);

export const behaviour = z.object({
  schema: z.literal("whoforks/behaviour/1"),
  tool: z.object({ name: z.literal("whoforks"), version: z.string() }),
  host: z.object({
    hostname: text,
    kernel: z.string(),
    machine: z.string(),
    os: text.nullable(),
    cpus: count,
    bootedAt: z.string(),
  } satisfies Fields<Behaviour["host"]>),
  window: z.object({ start: z.string(), seconds: z.number() }),
  with: z.array(z.enum(["tracepoints", "uprobes", "strace", "ltrace"])),
  target: target.nullable(),
  programs: z.array(program),
  judgement: z.object({
    outcome: z.enum(["repeats", "does-not-repeat", "no-generations", "no-storm", "could-not-look"]),
    code: z.string(),
    args: z.record(z.string(), z.unknown()),
  }),
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
  couldNotLook: z.array(
    z.object({ code: z.string(), what: z.string(), why: z.string(), remedy: z.string().nullable() }),
  ),
  cost: z.object({ cpuSeconds: z.number(), wallSeconds: z.number(), peakRssBytes: z.number() }),
} satisfies Fields<Behaviour>);
