import type { Storm } from "../../diagnosis/result.ts";
import { labelled } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { shellQuote } from "../text/shell-quote.ts";
import { alphabetOf, ellipsis, own } from "../text/voice.ts";
import { truncateMiddle } from "../text/width.ts";

const SHOWN = 3;
/** The label column, the count before each command, and a margin. */
const BESIDES = 24;

/** With which arguments the storm's processes were executed, the commonest first, each on one line and cut to it. */
export function commandsSection(screen: Screen, storm: Storm): string[] {
  const { voice } = screen;
  const bodies = (storm.commands ?? []).slice(0, SHOWN).map(({ argv, count, cut }) => {
    const times = own(voice, line`×`);
    const more = cut ? line` ${ellipsis(voice)}` : line``;
    const command = truncateMiddle(
      shellQuote(argv, alphabetOf(voice)),
      Math.max(20, screen.columns - BESIDES),
      ellipsis(voice),
    );
    return line`${say(voice, "number.count", { value: count })}${times} ${command}${more}`;
  });
  return bodies.length === 0 ? [] : labelled(screen, say(voice, "label.commands"), bodies);
}

/** Failed execs and forks, where there are so many that they are part of the story. */
export function failuresOf(screen: Screen, storm: Storm): Safe[] {
  const { voice } = screen;
  const { failedExecs = null, failedForks = null, processes } = storm;
  const parts: Safe[] = [];
  // Fewer than one for two processes is what a PATH of two folders costs anybody.
  if (failedExecs !== null && failedExecs > 0 && failedExecs * 2 >= processes)
    parts.push(say(voice, "line.failed-execs", { count: failedExecs, each: failedExecs / Math.max(1, processes) }));
  if (failedForks !== null && failedForks > 0) parts.push(say(voice, "line.failed-forks", { count: failedForks }));
  return parts;
}
