import { SCHEMA, type Experiment } from "../experiment/result.ts";
import type { Remaining } from "../journal/types.ts";
import { jsonReport } from "../report/json.ts";
import type { ProveFlags } from "./commands/prove.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { reportOptions } from "./terminal.ts";

/** A result that is inconclusive for this reason, with nothing in it yet. */
export function inconclusive(version: string, code: string, decide: string): Experiment {
  return {
    schema: SCHEMA,
    tool: { name: "whoforks", version },
    id: null,
    storm: null,
    plan: null,
    baseline: null,
    slotSeconds: null,
    slots: [],
    effect: null,
    moved: [],
    verdict: {
      outcome: "inconclusive",
      code: `experiment.inconclusive.${code}`,
      args: {},
      errorRate: null,
      decide: { code: `experiment.decide.${decide}`, args: {} },
    },
    because: null,
    undone: { ok: true, remaining: [] },
    couldNotLook: [],
  };
}

/** Whether all is as it was, for the result. */
export function toldUndone(remaining: readonly Remaining[]): Experiment["undone"] {
  return {
    ok: remaining.length === 0,
    remaining: remaining.map(({ effect, why, byHand }) => ({
      effect: effect === null ? null : { code: effect.code, args: { ...effect.args } },
      why: { code: why.code, args: { ...why.args } },
      commands: byHand,
    })),
  };
}

export function exitOf({ verdict: { outcome } }: Experiment): ExitCode {
  if (outcome === "proven") return EXIT.problemFound;
  return outcome === "inconclusive" ? EXIT.inconclusive : EXIT.nothingWrong;
}

export function asJson({ json, format }: ProveFlags): boolean {
  return json === true || format === "json";
}

export async function rendered(result: Experiment, flags: ProveFlags): Promise<string> {
  if (asJson(flags)) return jsonReport(result);
  const { experimentReport } = await import("../report/experiment.ts");
  return experimentReport(result, reportOptions(flags));
}
