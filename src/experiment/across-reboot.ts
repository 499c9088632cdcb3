import { z } from "zod";
import { isBack, movedTo, open, UNTOUCHED } from "./judge.ts";
import type { Baseline, BootStretch, Judgement, Moved } from "./result.ts";

/** Programs whose starts are kept for the comparison with another boot; the busiest. */
const PROGRAMS = 64;

const life = z.object({ pid: z.int().positive(), startTicks: z.string() });
const stretch = z.object({
  seconds: z.number(),
  perSecond: z.number(),
  othersPerSecond: z.number(),
  busyCpus: z.number().nullable(),
});

/** What the journal keeps of one boot, under the name of its state. */
export const bootNote = stretch.extend({
  boot: z.object({ bootId: z.string(), init: life.nullable() }),
  /** Starts a second of other programs. */
  others: z.array(z.object({ exe: z.string().nullable(), comm: z.string(), perSecond: z.number() })),
});
export type BootNote = z.infer<typeof bootNote>;

/** The first one: with the file where it was. */
export const baselineNote = bootNote.extend({
  baseline: stretch.extend({ low: z.number(), high: z.number() }),
});
export type BaselineNote = z.infer<typeof baselineNote>;

/** The busiest others of one boot. */
export function busiest(others: readonly Moved[]): BootNote["others"] {
  return others
    .map(({ exe, comm, heldPerSecond }) => ({ exe, comm, perSecond: heldPerSecond }))
    .sort((a, b) => b.perSecond - a.perSecond)
    .slice(0, PROGRAMS);
}

/** Programs that are started far more in the boot without the file. */
export function movedAcross({ baseline, others }: BaselineNote, without: BootNote): Moved[] {
  const before = new Map(others.map(({ exe, comm, perSecond }) => [exe ?? comm, perSecond]));
  const rates = without.others.map(({ exe, comm, perSecond }) => ({
    exe,
    comm,
    freePerSecond: before.get(exe ?? comm) ?? 0,
    heldPerSecond: perSecond,
  }));
  return movedTo(rates, baseline);
}

/**
 * The rule for boots, as docs/prove.md states it. Refuted: the storm is there without the file. Proven: it was there with
 * it, gone in a boot without it, and there again in a boot with it. There is one boot of each kind and no coin: no
 * probability is given. Pure. `again`: null as long as that boot was not measured.
 */
export function judgeBoots(
  baseline: Baseline,
  without: Pick<BootStretch, "perSecond">,
  again: Pick<BootStretch, "perSecond"> | null,
  moved: readonly Moved[],
  remainder: number,
): Judgement {
  const left = baseline.perSecond > 0 ? without.perSecond / baseline.perSecond : 1;
  const args = { left };
  if (left >= UNTOUCHED)
    return { outcome: "refuted", code: "experiment.across.refuted", args, errorRate: null, decide: null };
  const [other] = moved;
  if (other !== undefined) return open("moved", { ...args, program: other.exe ?? other.comm }, "what-starts-both");
  if (without.perSecond > remainder * baseline.low) return open("partly", args, "another-target");
  if (again === null) return open("return-untested", args, "reboot-again");
  if (!isBack(again.perSecond, baseline)) return open("not-back-after-boot", args, "start-again");
  return { outcome: "proven", code: "experiment.across.proven", args, errorRate: null, decide: null };
}
