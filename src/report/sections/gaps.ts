import type { Diagnosis } from "../../diagnosis/result.ts";
import { besides } from "../layout.ts";
import type { Screen, Sheet } from "../screen.ts";
import { hasMessage, render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { own, words } from "../text/voice.ts";

type Gap = Diagnosis["couldNotLook"][number];

/** What could not be looked at, why, and the command that would allow it; nothing when there is no such thing. */
export function gapsSection(screen: Screen): string[] {
  return gapLines(screen, screen.diagnosis.couldNotLook);
}

/** The same for any report. */
export function gapLines(sheet: Sheet, gaps: readonly Gap[]): string[] {
  const { voice, paint } = sheet;
  if (gaps.length === 0) return [];
  return [
    paint.bold(paint.yellow(say(voice, "title.could-not-look"))),
    ...gaps.flatMap((gap) => {
      const title = titleOf(sheet, gap);
      const text = gap.remedy === null ? title : line`${title} ${own(voice, line`→`)} ${words(voice, gap.remedy)}`;
      return besides(sheet, line`  - `, paint.dim, [text], String);
    }),
  ];
}

function titleOf({ voice }: Sheet, gap: Gap): Safe {
  const code = `couldnot.${gap.code}`;
  if (hasMessage(code)) return render(voice, code, { ...gap.args, what: gap.what, why: gap.why });
  return line`${words(voice, gap.what)}: ${words(voice, gap.why)}`;
}
