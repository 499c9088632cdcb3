import type { Identities, IdentifiedFile } from "../identity/result.ts";
import { gapBlock, headlineOf, identityBlock, rulesLines } from "./identities.ts";
import { besides, labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { footingLines } from "./sections/footing.ts";
import { render, say } from "./text/catalogue/index.ts";
import { line, type Safe } from "./text/sanitise.ts";
import { shellQuote } from "./text/shell-quote.ts";
import { alphabetOf } from "./text/voice.ts";

/** Files of one verdict and owner that are named before the rest is only counted. */
const NAMED = 4;
const GAPS = 5;

/**
 * The answer of `identify --all` for a terminal: how many were looked at and how many are not in order, then those, the
 * worst first, files of one package together; each at length with `verbose`. Ends with a newline.
 */
export function surveyReport(result: Identities, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const groups = grouped(result.identities);
  const blocks = [
    footingLines(sheet, result.footing, options.verbose),
    headBlock(sheet, result),
    ...groups.flatMap((group) =>
      options.verbose ? group.map((file) => identityBlock(sheet, file, true)) : [groupBlock(sheet, group)],
    ),
    ...gapsOf(sheet, result, options.verbose),
  ];
  return reportOf(blocks);
}

function headBlock(sheet: Sheet, result: Identities): string[] {
  const { voice, paint } = sheet;
  const {
    problems = 0,
    unsure = 0,
    scanned = 0,
    found = 0,
    owned = 0,
    searched = [],
    running,
    supervised,
    setId,
  } = result;
  const colour = problems > 0 ? paint.red : unsure > 0 ? paint.yellow : paint.green;
  const code = problems > 0 ? "survey.problems" : unsure > 0 ? "survey.unsure" : "survey.nothing";
  const local = result.verdicts?.local ?? 0;
  return [
    ...besides(sheet, line``, String, [say(voice, code, { problems, unsure })], (text) => paint.bold(colour(text))),
    ...labelled(sheet, say(voice, "label.looked"), [
      say(voice, "survey.looked", { scanned, found, owned, nobody: scanned - owned }),
      ...(local === 0 ? [] : [say(voice, "survey.local", { local })]),
      say(voice, "survey.where", { searched: searched.join(", "), running, supervised }),
      ...(setId === undefined ? [] : [say(voice, `survey.set-id-${setId.isWhole ? "whole" : "part"}`, { ...setId })]),
    ]),
    ...rulesLines(sheet, result),
  ];
}

/** Files of one verdict and one package together, in the order given. */
function grouped(identities: readonly IdentifiedFile[]): IdentifiedFile[][] {
  const groups = new Map<string, IdentifiedFile[]>();
  for (const file of identities) {
    // What nobody owns has nothing in common but that.
    const key = file.owner === null ? file.path : `${file.concern} ${file.verdict} ${file.owner.package} ${file.root}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()];
}

function groupBlock(sheet: Sheet, group: readonly IdentifiedFile[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { voice, paint } = sheet;
  const colour = { problem: paint.red, unsure: paint.yellow, none: paint.green }[first.concern];
  const verdict = say(voice, `identity-verdict.${first.verdict}`);
  const { length } = group;
  const headline =
    length === 1
      ? say(voice, headlineOf(first), { path: first.path, verdict })
      : say(voice, "survey.group", { verdict, length, package: first.owner?.package });
  const names = length === 1 ? (first.alsoAt ?? []) : group.map(({ path }) => path);
  const left = names.length - NAMED;
  return [
    ...besides(sheet, line``, String, [headline], (text) => paint.bold(colour(text))),
    ...labelled(sheet, say(voice, length === 1 ? "label.also" : "label.file"), [
      ...names.slice(0, NAMED).map((path) => say(voice, "survey.name", { path })),
      ...(left > 0 ? [say(voice, "survey.more", { left })] : []),
    ]),
    ...labelled(sheet, say(voice, "label.seen"), seenAs(sheet, first)),
    ...weighed(sheet, first),
    ...labelled(
      sheet,
      say(voice, "label.check"),
      checksOf(first).map(({ command }) => shellQuote(command, alphabetOf(voice))),
    ),
  ];
}

type Reasons = IdentifiedFile["reasons"];

/** The heaviest reasons against, and everything that speaks for it. */
function weighed(sheet: Sheet, file: IdentifiedFile): string[] {
  const { voice } = sheet;
  const words = (reasons: Reasons): Safe[] => reasons.map(({ code, args }) => render(voice, code, args));
  return [
    ...labelled(sheet, say(voice, "label.why"), words(against(file))),
    ...labelled(sheet, say(voice, "label.exculpatory"), words(speakingFor(file))),
  ];
}

function against({ reasons }: IdentifiedFile): Reasons {
  const of = (weight: string): Reasons => reasons.filter((one) => one.weight === weight);
  return ([of("strong"), of("medium"), of("weak")].find((list) => list.length > 0) ?? []).slice(0, 3);
}

function speakingFor({ reasons }: IdentifiedFile): Reasons {
  return reasons.filter(({ weight }) => weight === "exculpatory");
}

/** The first check of the verdict, and one for each reason that is shown where a command shows it. */
function checksOf(file: IdentifiedFile): IdentifiedFile["checks"] {
  const shown = new Set([...against(file), ...speakingFor(file)].map(({ code }) => code));
  const verdict = file.checks.filter(({ reason }) => reason === undefined).slice(0, 1);
  return [...verdict, ...file.checks.filter(({ reason }) => reason !== undefined && shown.has(reason))];
}

function seenAs({ voice }: Sheet, { seenAs: seen = [] }: IdentifiedFile): Safe[] {
  const notable = seen.filter(({ how }) => how !== "search-path");
  return notable.slice(0, 3).map((one) => render(voice, `survey.seen.${one.how}`, { ...one }));
}

function gapsOf(sheet: Sheet, { couldNotLook }: Identities, verbose: boolean): string[][] {
  const shown = verbose ? couldNotLook : couldNotLook.slice(0, GAPS);
  const left = couldNotLook.length - shown.length;
  const more = left === 0 ? [] : [[say(sheet.voice, "survey.more-gaps", { left }) as string]];
  return [...shown.map((gap) => gapBlock(sheet, gap)), ...more];
}
