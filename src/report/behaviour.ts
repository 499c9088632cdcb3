import type { Behaviour, Generations, ProgramBehaviour, Step } from "../behave/result.ts";
import { facts, indentedTable, labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { gapLines } from "./sections/gaps.ts";
import { accountOf } from "./sections/sources.ts";
import { render, say } from "./text/catalogue/index.ts";
import { join, line, type Safe } from "./text/sanitise.ts";
import { name, own, words } from "./text/voice.ts";
import { wrap } from "./text/width.ts";

const STEPS = 24;
const CALLS = 8;
const PROGRAMS = 4;
const INDENT = 11;

/**
 * Which calls a program makes and whether its generations repeat them: the judgement in the first line, then the
 * common sequence, what differs, and the counts. Ends with a newline; nothing of the host reaches the terminal as a
 * control character.
 */
export function behaviourReport(behaviour: Behaviour, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const shown = options.verbose ? behaviour.programs : behaviour.programs.slice(0, PROGRAMS);
  const left = behaviour.programs.length - shown.length;
  const blocks = [
    verdict(sheet, behaviour),
    ...shown.map((one) => program(sheet, one, options.verbose)),
    left > 0 ? wrap(say(sheet.voice, "behave.more-programs", { count: left }), sheet.columns) : [],
    sources(sheet, behaviour, options.verbose),
    gapLines(sheet, behaviour.couldNotLook),
  ];
  return reportOf(blocks);
}

function verdict({ voice, columns, paint }: Sheet, { judgement }: Behaviour): string[] {
  const tag = render(voice, `behave.tag.${judgement.outcome}`);
  const colour = { repeats: paint.red, "could-not-look": paint.yellow }[judgement.outcome as string] ?? paint.bold;
  const lead = line`${tag}  `;
  const text = wrap(line`${lead}${render(voice, judgement.code, judgement.args)}`, columns);
  return text.map((part, at) => (at === 0 ? colour(tag) + part.slice(tag.length) : part));
}

function program(sheet: Sheet, one: ProgramBehaviour, verbose: boolean): string[] {
  const { voice, paint } = sheet;
  const exe = one.program.exe ?? `(${one.program.comm})`;
  const title = say(voice, "behave.program", { program: exe, processes: one.processes });
  const killed = one.killed.reduce((sum, { count }) => sum + count, 0);
  return [
    ...wrap(title, sheet.columns).map((text) => paint.bold(text)),
    ...one.generations.flatMap((generations) => sequence(sheet, generations)),
    ...(killed > 0 ? labelled(sheet, line``, [say(voice, "behave.killed", { count: killed })]) : []),
    ...calls(sheet, one, verbose),
  ];
}

function sequence(sheet: Sheet, generations: Generations): string[] {
  const { voice } = sheet;
  const { whole, repeating, repeatingLoosely, variants, otherVariants } = generations;
  const label = say(voice, generations.calls === "system" ? "behave.label.each" : "behave.label.library");
  const bodies = [arrows(sheet, generations)];
  bodies.push(
    say(voice, "behave.share", {
      repeating,
      whole,
      loosely: repeatingLoosely > repeating ? repeatingLoosely : null,
    }),
  );
  const differing = variants.map(({ count, at, common, instead }) =>
    say(voice, "behave.differs", {
      count,
      at: at + 1,
      instead: instead === null ? null : plain(instead),
      common: common === null ? null : plain(common),
    }),
  );
  if (otherVariants > 0) differing.push(say(voice, "behave.others", { count: otherVariants }));
  return [
    ...labelled(sheet, label, bodies),
    ...(differing.length > 0 ? labelled(sheet, say(voice, "behave.label.differs"), differing) : []),
  ];
}

function arrows(sheet: Sheet, { sequence: steps, cutCalls }: Generations): Safe {
  const { voice } = sheet;
  if (steps.length === 0) return say(voice, "behave.no-call");
  const shown = steps.slice(0, STEPS).map((step) => stepOf(sheet, step));
  const left = steps.slice(STEPS).reduce((sum, step) => sum + step.times, cutCalls);
  if (left > 0) shown.push(say(voice, "behave.more-calls", { count: left }));
  return join(shown, own(voice, line` → `));
}

/** `exit_group(0)`, `openat:ENOENT ×3`. */
function stepOf({ voice }: Sheet, { call, exitCode, error, unfinished, times }: Step): Safe {
  const code = exitCode === null ? line`` : line`(${words(voice, String(exitCode))})`;
  const failed = error === null ? line`` : line`:${words(voice, error)}`;
  const ended = unfinished ? line` ${say(voice, "behave.unfinished")}` : line``;
  const often = times > 1 ? line`\u00a0${own(voice, line`×`)}${words(voice, String(times))}` : line``;
  return line`${name(voice, call)}${code}${failed}${ended}${often}`;
}

/** A step as an argument of a sentence, which is made safe there. */
function plain({ call, exitCode, error, times }: Step): string {
  const code = exitCode === null ? "" : `(${exitCode})`;
  return `${call}${code}${error === null ? "" : `:${error}`}${times > 1 ? ` ×${times}` : ""}`;
}

function calls(sheet: Sheet, { calls: all }: ProgramBehaviour, verbose: boolean): string[] {
  const { voice, paint } = sheet;
  if (all.length === 0) return [];
  const shown = verbose ? all : all.slice(0, CALLS);
  const head = [
    say(voice, "behave.column.call"),
    say(voice, "behave.column.count"),
    say(voice, "behave.column.time"),
    say(voice, "behave.column.errors"),
  ];
  const rows = shown.map(({ name: call, library, count, seconds, errors }) => [
    library === null ? name(voice, call) : line`${name(voice, call)} ${say(voice, "behave.of-library", { library })}`,
    say(voice, "number.count", { value: count }),
    seconds === null ? line`` : say(voice, "number.ms", { value: seconds * 1000 }),
    join(
      errors.slice(0, 3).map((one) => say(voice, "behave.error", { error: one.error, count: one.count })),
      line` `,
    ),
  ]);
  const columns = [{ shrinks: true }, { right: true }, { right: true }, { shrinks: true }];
  const [first = "", ...rest] = indentedTable(sheet, INDENT, columns, [head, ...rows]);
  const left = all.length - shown.length;
  return [
    paint.dim(first),
    ...rest,
    ...(left > 0 ? labelled(sheet, line``, [say(voice, "behave.more-kinds", { count: left })]) : []),
  ];
}

function sources(sheet: Sheet, { sources: all, window, cost }: Behaviour, verbose: boolean): string[] {
  const { voice } = sheet;
  if (all.length === 0) return [];
  const parts = all.map((source, at) => accountOf(sheet, source, at === 0, verbose));
  parts.push(
    say(voice, "line.window", { seconds: window.seconds }),
    say(voice, "line.own-cpu", { cpu: cost.cpuSeconds }),
  );
  return labelled(sheet, say(voice, "label.sources"), [facts(sheet, parts)]);
}
