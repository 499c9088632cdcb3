import type { Verification } from "../verification/result.ts";
import { besides, labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { render, say } from "./text/catalogue/index.ts";
import { line } from "./text/sanitise.ts";

type Difference = Verification["differences"][number];

/** Files of one kind that are named before the rest is only counted. */
const NAMED = 20;

/**
 * The answer of `identify --verify-packages` for a terminal: how much was compared, then what is not as recorded, the worst
 * first; all of it, with every reason, with `verbose`. Ends with a newline.
 */
export function verificationReport(result: Verification, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const kinds = [...new Set(result.differences.map(({ kind }) => kind))];
  return reportOf([
    headBlock(sheet, result),
    ...kinds.map((kind) => {
      const of = result.differences.filter((difference) => difference.kind === kind);
      return kindBlock(sheet, kind, of, options.verbose);
    }),
  ]);
}

function headBlock(sheet: Sheet, result: Verification): string[] {
  const { voice, paint } = sheet;
  const {
    differences,
    manager,
    cacheProblem,
    fromCache,
    leftOut,
    databaseProblems,
    interrupted,
    lookedFor = 0,
  } = result;
  const problems = differences.filter(({ reasons }) => reasons.some(({ weight }) => weight === "strong")).length;
  const open = differences.filter(({ kind }) => kind !== "edited").length;
  const colour = problems > 0 ? paint.red : open > 0 || manager === null ? paint.yellow : paint.green;
  const code =
    manager === null
      ? "verification.no-database"
      : problems > 0
        ? "survey.problems"
        : open > 0
          ? "verification.unsure"
          : interrupted
            ? "verification.interrupted"
            : "survey.nothing";
  return [
    ...besides(sheet, line``, String, [say(voice, code, { problems, open })], (text) => paint.bold(colour(text))),
    ...labelled(sheet, say(voice, "label.looked"), [
      say(voice, "verification.compared", { ...result }),
      ...(lookedFor > 0 ? [say(voice, "verification.looked-for", { lookedFor })] : []),
      ...(fromCache > 0 ? [say(voice, "verification.from-cache", { ...result })] : []),
      ...(cacheProblem === null ? [] : [say(voice, cacheCode(cacheProblem), { problem: cacheProblem })]),
      ...(leftOut > 0 ? [say(voice, "verification.left-out", { leftOut })] : []),
      ...(databaseProblems > 0 ? [say(voice, "verification.database", { databaseProblems })] : []),
      ...(interrupted && code !== "verification.interrupted" ? [say(voice, "verification.interrupted")] : []),
    ]),
  ];
}

function cacheCode(problem: string): "verification.cache-contradicted" | "verification.cache-unused" {
  return problem === "contradicted" ? "verification.cache-contradicted" : "verification.cache-unused";
}

function kindBlock(sheet: Sheet, kind: Difference["kind"], of: readonly Difference[], verbose: boolean): string[] {
  const { voice, paint } = sheet;
  const strong = of.some(({ reasons }) => reasons.some(({ weight }) => weight === "strong"));
  const colour = strong ? paint.red : kind === "edited" ? String : paint.yellow;
  const left = verbose ? 0 : of.length - NAMED;
  const plain = kind === "missing" || kind === "edited";
  return [
    ...besides(sheet, line``, String, [say(voice, `verification.kind.${kind}`, { count: of.length })], (text) =>
      paint.bold(colour(text)),
    ),
    ...of
      .slice(0, verbose ? of.length : NAMED)
      .flatMap(({ path, owner, reasons }) => [
        ...besides(
          sheet,
          line`  `,
          String,
          [say(voice, "verification.file", { path, package: owner.package })],
          String,
        ),
        ...(plain && !verbose
          ? []
          : reasons.flatMap(({ code, args }) =>
              besides(sheet, line`      `, String, [render(voice, code, args)], paint.dim),
            )),
      ]),
    ...(left > 0 ? [`  ${say(voice, "survey.more", { left })}`] : []),
  ];
}
