import type { Storm } from "../../diagnosis/result.ts";
import { labelled } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { join, line } from "../text/sanitise.ts";
import { programOf } from "./where.ts";

/** Names the other storms, so that nobody takes the worst one for the only one. */
export function alsoSection(screen: Screen, storm: Storm | null): string[] {
  const others = screen.diagnosis.storms.filter((one) => one !== storm && !one.benign);
  if (others.length === 0) return [];
  const { voice } = screen;
  const comma = voice.language === "zh-CN" ? line`、` : line`, `;
  const programs = join(
    others.slice(0, 3).map((one) => programOf(screen, one)),
    comma,
  );
  return labelled(screen, say(screen.voice, "label.also"), [
    say(screen.voice, "line.also", { count: others.length, programs }),
  ]);
}
