import type { Diagnosis } from "../../diagnosis/result.ts";
import { besides } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { hasMessage, render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { own, words } from "../text/voice.ts";

type Gap = Diagnosis["couldNotLook"][number];

/** What could not be looked at, why, and the command that would allow it; nothing when there is no such thing. */
export function gapsSection(screen: Screen): string[] {
  const { voice, paint, diagnosis } = screen;
  if (diagnosis.couldNotLook.length === 0) return [];
  return [
    paint.bold(paint.yellow(say(voice, "title.could-not-look"))),
    ...diagnosis.couldNotLook.flatMap((gap) => {
      const title = titleOf(screen, gap);
      const text = gap.remedy === null ? title : line`${title} ${own(voice, line`→`)} ${words(voice, gap.remedy)}`;
      return besides(screen, line`  - `, paint.dim, [text], String);
    }),
  ];
}

function titleOf({ voice }: Screen, gap: Gap): Safe {
  const code = `couldnot.${gap.code}`;
  if (hasMessage(code)) return render(voice, code, { what: gap.what, why: gap.why });
  return line`${words(voice, gap.what)}: ${words(voice, gap.why)}`;
}
