import type { Diagnosis } from "../../diagnosis/result.ts";
import { facts, labelled } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { join, line, type Safe } from "../text/sanitise.ts";

type Hidden = NonNullable<Diagnosis["hidden"]>[number];

const SHOWN = 3;

/** Processes that live and that /proc does not show; with `verbose` also how they were looked for, when there are none. */
export function hiddenSection(screen: Screen, verbose: boolean): string[] {
  const { voice, diagnosis } = screen;
  const hidden = diagnosis.hidden ?? [];
  const shown = verbose ? hidden : hidden.slice(0, SHOWN);
  const bodies = shown.map((process) => hiddenLine(screen, process));
  if (hidden.length > shown.length)
    bodies.push(say(voice, "line.more-hidden", { count: hidden.length - shown.length }));
  if (verbose && diagnosis.hiddenLook) bodies.push(lookLine(screen, diagnosis.hiddenLook, hidden.length));
  if (bodies.length === 0) return [];
  return labelled(screen, say(voice, "label.hidden"), bodies);
}

function hiddenLine({ voice }: Screen, { pid, comm, exe, startedAt, seenBy, missingFrom }: Hidden): Safe {
  const comma = voice.language === "zh-CN" ? line`、` : line`, `;
  return say(voice, "line.hidden", {
    pid,
    comm,
    exe,
    start: startedAt,
    seen: join(
      seenBy.map((witness) => say(voice, `witness.${witness}`)),
      comma,
    ),
    missing: join(
      missingFrom.map((absence) => say(voice, `absence.${absence}`)),
      comma,
    ),
  });
}

function lookLine(screen: Screen, look: NonNullable<Diagnosis["hiddenLook"]>, found: number): Safe {
  const { voice } = screen;
  const parts = [say(voice, "line.looked", { rounds: look.rounds, seconds: look.seconds, found })];
  for (const { witness, told, why } of look.witnesses) {
    parts.push(say(voice, "line.witness", { witness: say(voice, `witness.${witness}`), told, why }));
  }
  if (look.preloaded.length > 0) parts.push(say(voice, "line.preloaded", { libraries: look.preloaded }));
  return facts(screen, parts);
}
