import type { Experiment, Plan, Slot } from "../experiment/result.ts";
import { labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { gapLines } from "./sections/gaps.ts";
import { render, say, type MessageCode } from "./text/catalogue/index.ts";
import { line, type Safe } from "./text/sanitise.ts";
import { shellQuote } from "./text/shell-quote.ts";
import { alphabetOf } from "./text/voice.ts";
import { wrap } from "./text/width.ts";

/**
 * An experiment: what it proves in the first line, then what was held and how that is taken back, the numbers, what would
 * decide it, and whether everything is as it was. Ends with a newline; nothing of the host reaches the terminal as a
 * control character.
 */
export function experimentReport(result: Experiment, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const blocks = [
    verdictLines(sheet, result),
    planLines(sheet, result),
    measuredLines(sheet, result),
    options.verbose ? result.slots.map((slot) => slotLine(sheet, slot)) : [],
    endLines(sheet, result),
    gapLines(sheet, result.couldNotLook),
  ];
  return reportOf(blocks);
}

/** The question before anything is done. */
export function question(options: TerminalOptions): string {
  return say(openSheet(options).voice, "experiment.question");
}

function verdictLines({ voice, columns, paint }: Sheet, { verdict: { outcome, code, args } }: Experiment): string[] {
  const colour = outcome === "proven" ? paint.bold : outcome === "inconclusive" ? paint.yellow : String;
  return wrap(render(voice, code, args), columns).map((text) => colour(text));
}

function planLines(sheet: Sheet, { storm, plan, verdict }: Experiment): string[] {
  const { voice } = sheet;
  const lines: string[] = [];
  if (storm !== null) {
    const { exe, comm, kind } = storm;
    const what = line`${say(voice, "experiment.storm", { program: exe ?? comm })} (${render(voice, `kind.${kind}`)})`;
    lines.push(...labelled(sheet, say(voice, "experiment.label.storm"), [what]));
  }
  if (plan === null) return lines;
  const bodies = (of: "effect" | "undo", steps: Plan["steps"]): Safe[] =>
    steps.map((step) => render(voice, step[of].code, step[of].args));
  lines.push(...labelled(sheet, say(voice, "experiment.label.hold"), bodies("effect", plan.steps)));
  lines.push(...labelled(sheet, say(voice, "experiment.label.undo"), bodies("undo", plan.steps.toReversed())));
  if (verdict.outcome === "planned") {
    const takes = plan.acrossReboot === true ? "experiment.takes-boots" : "experiment.takes";
    lines.push(...labelled(sheet, say(voice, "experiment.label.takes"), [say(voice, takes, { ...plan })]));
  }
  return lines;
}

function measuredLines(sheet: Sheet, { baseline, effect, boots, verdict }: Experiment): string[] {
  const { voice } = sheet;
  const lines: string[] = [];
  const add = (label: MessageCode, body: Safe): void => {
    lines.push(...labelled(sheet, say(voice, label), [body]));
  };
  if (baseline !== null)
    add("experiment.label.before", say(voice, "experiment.rate-band", { ...baseline, cpus: baseline.busyCpus }));
  if (effect !== null) {
    const { heldPerSecond, heldBusyCpus, freePerSecond, freeBusyCpus } = effect;
    add("experiment.label.held", say(voice, "experiment.rate", { perSecond: heldPerSecond, cpus: heldBusyCpus }));
    add("experiment.label.free", say(voice, "experiment.rate", { perSecond: freePerSecond, cpus: freeBusyCpus }));
  }
  for (const { state, perSecond, busyCpus } of boots ?? [])
    if (state !== "with")
      add(`experiment.label.${state}`, say(voice, "experiment.rate", { perSecond, cpus: busyCpus }));
  const { errorRate } = verdict;
  if (errorRate !== null) add("experiment.label.chance", say(voice, "experiment.chance", { of: 1 / errorRate }));
  return lines;
}

function slotLine(sheet: Sheet, { at, state, perSecond, busyCpus }: Slot): string {
  const { voice } = sheet;
  const rate = say(voice, "experiment.rate", { perSecond, cpus: busyCpus });
  return line`  ${say(voice, "experiment.at", { at })} ${say(voice, `experiment.slot.${state}`)} ${rate}`;
}

function endLines(sheet: Sheet, { because, verdict, undone, id }: Experiment): string[] {
  const { voice } = sheet;
  const lines: string[] = [];
  const add = (label: MessageCode, ...bodies: Safe[]): void => {
    lines.push(...labelled(sheet, say(voice, label), bodies));
  };
  if (because !== null) add("experiment.label.because", render(voice, because.code, because.args));
  if (verdict.decide !== null) add("experiment.label.decide", render(voice, verdict.decide.code, verdict.decide.args));
  if (id === null) return lines;
  if (undone.ok) add("experiment.label.undone", say(voice, "experiment.undone"));
  for (const { why, commands } of undone.remaining)
    add(
      "experiment.label.left",
      render(voice, why.code, why.args),
      ...commands.map((command) => shellQuote(command, alphabetOf(voice))),
    );
  return lines;
}
