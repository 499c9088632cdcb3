import type { Diagnosis, Storm } from "../diagnosis/result.ts";
import { openScreen, type Screen, type TerminalOptions } from "./screen.ts";
import { alsoSection } from "./sections/also.ts";
import { commandsSection } from "./sections/commands.ts";
import { costSection, reaperSection, whySection } from "./sections/cause.ts";
import { detailSections } from "./sections/detail.ts";
import { footingLines } from "./sections/footing.ts";
import { gapsSection } from "./sections/gaps.ts";
import { hiddenSection } from "./sections/hidden.ts";
import { nextSection } from "./sections/next.ts";
import { programSection, restartSection } from "./sections/owner.ts";
import { sourcesSection } from "./sections/sources.ts";
import { mainStorm, verdictSection } from "./sections/verdict.ts";
import { whereSection } from "./sections/where.ts";

export type { TerminalOptions } from "./screen.ts";

/** Lines of the smallest common terminal. */
const ONE_SCREEN = 24;

/**
 * The report for a terminal: the cause in the first line, the advice in the last ones, one screen where it can be done
 * unless `verbose`. No line is wider than `columns`; nothing from the examined host reaches the terminal as a control
 * character. Ends with a newline.
 */
export function terminalReport(diagnosis: Diagnosis, options: TerminalOptions): string {
  const screen = openScreen(diagnosis, options);
  const storm = mainStorm(screen);
  const top = [...verdictSection(screen), ...storySections(screen, storm, options.verbose)];
  const details = options.verbose ? detailSections(screen) : [];
  const withNext = (withUndo: boolean, withAir = true): string[] => {
    const next = nextSection(screen, withUndo);
    // A quiet answer needs no air around its one line.
    const tail =
      !withAir || (next.length === 1 && details.length === 0 && diagnosis.couldNotLook.length === 0)
        ? [next]
        : [[], next];
    return [footingLines(screen, diagnosis.footing, options.verbose), top, ...details, gapsSection(screen)]
      .filter((block) => block.length > 0)
      .reduce(spaced, [])
      .concat(...tail.map(orBlank));
  };
  let lines = withNext(true);
  if (!options.verbose && lines.length > ONE_SCREEN) lines = withNext(false);
  if (!options.verbose && lines.length === ONE_SCREEN + 1) lines = withNext(false, false);
  // No-break blanks have done their work; copied text should hold plain ones.
  return lines.join("\n").replaceAll("\u00a0", " ") + "\n";
}

function storySections(screen: Screen, storm: Storm | null, verbose: boolean): string[] {
  return [
    ...costSection(screen, storm),
    ...(storm === null ? [] : whereSection(screen, storm, verbose)),
    ...(storm === null ? [] : [...whySection(screen, storm), ...commandsSection(screen, storm)]),
    ...reaperSection(screen, storm),
    ...restartSection(screen, storm),
    ...programSection(screen, storm),
    ...alsoSection(screen, storm),
    ...hiddenSection(screen, verbose),
    ...sourcesSection(screen, verbose),
  ];
}

function spaced(above: readonly string[], block: readonly string[]): string[] {
  return above.length === 0 ? [...block] : [...above, "", ...block];
}

function orBlank(block: readonly string[]): readonly string[] {
  return block.length === 0 ? [""] : block;
}
