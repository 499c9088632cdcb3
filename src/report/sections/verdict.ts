import type { Outcome, Storm } from "../../diagnosis/result.ts";
import { besides } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { line } from "../text/sanitise.ts";
import { displayWidth, wrap } from "../text/width.ts";

/** The storm that the verdict is about, or null. */
export function mainStorm(screen: Screen): Storm | null {
  const { storms, verdict } = screen.diagnosis;
  return storms.find((storm) => storm.id === verdict.storm) ?? null;
}

/** The first line: what it is, in one sentence, and how sure. */
export function verdictSection(screen: Screen): string[] {
  const { voice, paint, diagnosis } = screen;
  const { outcome, code, args, confidence, partial } = diagnosis.verdict;
  const tag = say(voice, `tag.${outcome}`);
  const lead = line`${tag}  `;
  const text = wrap(render(voice, code, args), screen.columns - displayWidth(lead));
  const words = say(voice, `confidence.${confidence}`);
  const sure = partial === true ? line`[${words}; ${say(voice, "verdict.partial")}]` : line`[${words}]`;
  // The confidence stays in one piece: at the end of the last line, or on a line of its own.
  const last = line`${text.at(-1) ?? line``} ${sure}`;
  if (displayWidth(lead) + displayWidth(last) <= screen.columns) text.splice(-1, 1, last);
  else text.push(sure);
  return besides(screen, lead, (words) => paint.bold(colourOf(screen, outcome)(words)), text, paint.bold);
}

function colourOf({ paint }: Screen, outcome: Outcome): (text: string) => string {
  switch (outcome) {
    case "storm":
      return paint.red;
    case "inconclusive":
      return paint.yellow;
    case "benign":
    case "healthy":
      return paint.green;
  }
}
