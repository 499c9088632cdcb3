import type { Footing } from "../../model/footing.ts";
import { besides } from "../layout.ts";
import type { Sheet } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { gapLines } from "./gaps.ts";
import { line } from "../text/sanitise.ts";

/**
 * The banner above a report: why it may be wrong. Nothing where nothing matters; what is only worth knowing, and the digests of
 * what runs where no package answers for it, with `verbose`.
 */
export function footingLines(sheet: Sheet, footing: Footing | null | undefined, verbose: boolean): string[] {
  if (footing === null || footing === undefined) return [];
  const { voice, paint } = sheet;
  const shown = footing.findings.filter(({ weight }) => verbose || weight !== "weak");
  const heavy = shown.some(({ weight }) => weight !== "weak");
  const colour = heavy ? paint.red : paint.yellow;
  const title = say(voice, heavy ? "footing.title" : "footing.title-minor");
  const own = verbose && footing.program !== null ? [footing.program.node, footing.program.whoforks] : [];
  const lines = [
    ...shown.flatMap(({ code, args }) => besides(sheet, line`  - `, paint.dim, [render(voice, code, args)], String)),
    ...own.flatMap(({ path, sha256, owner }) =>
      besides(
        sheet,
        line`  - `,
        paint.dim,
        [say(voice, "footing.own", { path, sha256: sha256 === "" ? null : sha256, package: owner?.package ?? null })],
        String,
      ),
    ),
  ];
  if (verbose) lines.push(...gapLines(sheet, footing.couldNotLook));
  return lines.length === 0 ? [] : [paint.bold(colour(title)), ...lines];
}
