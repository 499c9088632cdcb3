import type { QuarantineResult, ToldStep } from "../quarantine/result.ts";
import { labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { render, say } from "./text/catalogue/index.ts";
import { join, line, type Safe } from "./text/sanitise.ts";
import { shellLines } from "./text/shell-quote.ts";
import { alphabetOf, name } from "./text/voice.ts";
import { wrap } from "./text/width.ts";

const MARGIN = 11;
const SHOWN = 8;

/**
 * What is done, or would be done, to a file: the outcome in the first line, then each step with its undo, what speaks
 * against it, and what is left to do. Ends with a newline.
 */
export function quarantineReport(result: QuarantineResult, options: TerminalOptions): string {
  // Paths and digests are what a reader needs whole here.
  const sheet = openSheet({ ...options, verbose: true });
  return reportOf([
    [...title(sheet, result), ...about(sheet, result)],
    result.steps.flatMap((step) => stepLines(sheet, step, result.action === "restore")),
    remainingLines(sheet, result),
    nextLines(sheet, result),
  ]);
}

/** The question after a plan. */
export function questionOf(_result: QuarantineResult, options: TerminalOptions): string {
  return say(openSheet(options).voice, "quarantine.ask");
}

function title(sheet: Sheet, result: QuarantineResult): string[] {
  const { voice, columns, paint } = sheet;
  const { action, state, id, path } = result;
  const isWell = state === "planned" || (action === "quarantine" ? state === "standing" : state === "undone");
  const colour = state === "stuck" ? paint.red : isWell ? paint.bold : paint.yellow;
  return wrap(say(voice, `${action}.title.${state}`, { path, id }), columns).map((text) => colour(text));
}

function about(sheet: Sheet, result: QuarantineResult): string[] {
  const { voice } = sheet;
  const { sha256, stored, why, concerns, processes, restarts, cameBack, notes } = result;
  const lines: string[] = [];
  const add = (label: Parameters<typeof say>[1], bodies: readonly Safe[]): void => {
    if (bodies.length > 0) lines.push(...labelled(sheet, say(voice, label), bodies));
  };
  add("quarantine.label.why", why === null ? [] : [render(voice, why.code, why.args)]);
  add("quarantine.label.file", sha256 === null ? [] : [say(voice, "quarantine.sha256", { sha256 })]);
  add("quarantine.label.stored", stored === null ? [] : [name(voice, stored)]);
  add(
    "quarantine.label.heed",
    concerns.map(({ why: { code, args } }) => render(voice, code, args)),
  );
  add("quarantine.label.runs", processLine(sheet, processes));
  add(
    "quarantine.label.starts",
    restarts.map((restart) => say(voice, "quarantine.starts", { ...restart })),
  );
  const back = cameBack?.sameContent === true ? "quarantine.came-back-same" : "quarantine.came-back";
  add("quarantine.label.back", cameBack === null ? [] : [say(voice, back, { ...cameBack })]);
  add(
    "quarantine.label.note",
    notes.map(({ code, args }) => render(voice, code, args)),
  );
  return lines;
}

function processLine({ voice }: Sheet, processes: QuarantineResult["processes"]): Safe[] {
  if (processes.length === 0) return [];
  const names = processes.slice(0, SHOWN).map((one) => say(voice, "quarantine.process", { ...one }));
  const left = processes.length - names.length;
  const more = left > 0 ? [say(voice, "quarantine.more-processes", { count: left })] : [];
  return [join([...names, ...more], voice.language === "zh-CN" ? line`、` : line`, `)];
}

function stepLines(sheet: Sheet, { step, state, effect, undo }: ToldStep, isRestore: boolean): string[] {
  const { voice } = sheet;
  const said = join([render(voice, effect.code, effect.args), say(voice, `quarantine.state.${state}`)]);
  const label = say(voice, "quarantine.label.step", { step: step + 1 });
  const undoing = render(voice, undo.code, undo.args);
  const needsUndo = state !== "undone" || !isRestore;
  return [
    ...labelled(sheet, label, [said]),
    ...(needsUndo ? labelled(sheet, say(voice, "quarantine.label.undo"), [undoing]) : []),
  ];
}

function remainingLines(sheet: Sheet, { remaining }: QuarantineResult): string[] {
  const { voice } = sheet;
  const alphabet = alphabetOf(voice);
  return remaining.flatMap(({ effect, why, byHand }) => {
    const bodies = [
      render(voice, why.code, why.args),
      ...(effect === null ? [] : [render(voice, effect.code, effect.args)]),
    ];
    const commands = byHand.flatMap((command) => shellLines(command, sheet.columns, MARGIN, alphabet));
    return [...labelled(sheet, say(voice, "quarantine.label.left"), bodies), ...commands];
  });
}

function nextLines(sheet: Sheet, { state, id, action }: QuarantineResult): string[] {
  if (state !== "standing" || id === null || action !== "quarantine") return [];
  const { voice } = sheet;
  const command = shellLines(["whoforks", "restore", "--yes", id], sheet.columns, MARGIN, alphabetOf(voice));
  return [...labelled(sheet, say(voice, "quarantine.label.next"), [say(voice, "quarantine.next-restore")]), ...command];
}
