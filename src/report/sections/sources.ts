import type { SourceAccount } from "../../diagnosis/result.ts";
import { facts, labelled } from "../layout.ts";
import type { Screen, Sheet } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { join, line, type Safe } from "../text/sanitise.ts";
import { words } from "../text/voice.ts";
import { clauses } from "./clauses.ts";

const SHOWN = 3;

/** What the answer rests on: events seen and lost, the window, and what the tool itself used. */
export function sourcesSection(screen: Screen, verbose: boolean): string[] {
  const { voice, diagnosis } = screen;
  const { sources, window, cost } = diagnosis;
  const shown = verbose ? sources : sources.slice(0, SHOWN);
  const parts = shown.map((source, index) => accountOf(screen, source, index === 0, verbose));
  if (sources.length === 0) parts.push(say(voice, "line.no-source"));
  if (sources.length > shown.length)
    parts.push(say(voice, "line.more-sources", { count: sources.length - shown.length }));
  parts.push(
    ...clauses(screen, "sources"),
    say(voice, "line.window", { seconds: window.seconds }),
    verbose
      ? say(voice, "line.own-cost", { cpu: cost.cpuSeconds, memory: cost.peakRssBytes })
      : say(voice, "line.own-cpu", { cpu: cost.cpuSeconds }),
  );
  return labelled(screen, say(voice, "label.sources"), [facts(screen, parts)]);
}

/** `tracefs 39,484 events, none lost`. */
export function accountOf({ voice }: Sheet, source: SourceAccount, first: boolean, verbose: boolean): Safe {
  const { lost, skipped, note } = source;
  const parts = [
    say(voice, first ? "line.source" : "line.next-source", {
      kind: source.kind,
      path: source.path ?? null,
      events: source.events,
    }),
  ];
  if (lost === null) parts.push(say(voice, "line.lost-unknown"));
  else parts.push(lost === 0 ? say(voice, "line.lost-none") : say(voice, "line.lost", { lost }));
  if (skipped > 0) parts.push(say(voice, "line.skipped", { skipped }));
  const account = join(parts, voice.language === "zh-CN" ? line`，` : line`, `);
  const notable = verbose || (lost ?? 0) > 0;
  return note === undefined || !notable ? account : line`${account} (${words(voice, note)})`;
}
