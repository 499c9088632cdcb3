import type { Storm } from "../../diagnosis/result.ts";
import { besides, indentedTable, labelled, type Column } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { name, words } from "../text/voice.ts";
import { processOf, ratesOf } from "./cause.ts";
import { cpuChecks } from "./cpu.ts";
import { identityDetails } from "./identity-detail.ts";
import { programOf } from "./where.ts";

/** What `-v` adds, each block under its title: storms, reasons, identities, evidence, the host, unreadable records. */
export function detailSections(screen: Screen): string[][] {
  return [
    stormTable(screen),
    ...screen.diagnosis.storms.map((storm) => reasonLines(screen, storm)),
    ...screen.diagnosis.storms.map((storm) => cpuChecks(screen, storm)),
    ...identityDetails(screen),
    chainLines(screen),
    hostLines(screen),
    livingTable(screen),
    skippedLines(screen),
  ];
}

export function titled(screen: Screen, title: Safe, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [...besides(screen, line``, String, [title], screen.paint.bold), ...lines];
}

const STORM_COLUMNS: Column[] = [
  {},
  { right: true },
  { shrinks: true },
  { right: true },
  { right: true },
  { right: true },
  { right: true },
  { shrinks: true },
];

function stormTable(screen: Screen): string[] {
  const { voice, diagnosis } = screen;
  const head = ["kind", "rate", "program", "processes", "alive", "life", "cpus", "spawner"] as const;
  const rows = diagnosis.storms.map((storm) => [
    say(voice, `kind.${storm.kind}`),
    number(screen, storm.perSecond, "rate"),
    programOf(screen, storm),
    number(screen, storm.processes, "count"),
    number(screen, storm.peakAlive, "count"),
    number(screen, storm.lifetimeMs?.p50, "ms"),
    number(screen, storm.cpus, "cpus"),
    storm.spawner === null ? say(voice, "line.unseen") : processOf(screen, storm.spawner),
  ]);
  if (rows.length === 0) return [];
  const heads = head.map((column) => say(voice, `column.${column}`));
  return titled(screen, say(voice, "title.storms"), indentedTable(screen, 2, STORM_COLUMNS, [heads, ...rows]));
}

function number(
  { voice }: Screen,
  value: number | null | undefined,
  format: "rate" | "count" | "ms" | "cpus" | "percent",
): Safe {
  return value === null || value === undefined ? line`?` : say(voice, `number.${format}`, { value });
}

function reasonLines(screen: Screen, storm: Storm): string[] {
  const { voice } = screen;
  const lines = storm.reasons.flatMap((reason) =>
    labelled(screen, say(voice, `label.${reason.weighs}`), [render(voice, reason.code, reason.args)]),
  );
  return titled(screen, say(voice, "title.reasons", { storm: storm.id }), lines);
}

function chainLines(screen: Screen): string[] {
  const { voice, diagnosis } = screen;
  const lines = diagnosis.chain.flatMap((step, index) => {
    const sources = step.evidence.map(({ source, locator, quote }) =>
      say(voice, "line.evidence", { source, locator, quote: quote ?? null }),
    );
    return [
      ...besides(
        screen,
        line`${index < 9 ? line` ` : line``}${index + 1}. `,
        String,
        [render(voice, step.code, step.args)],
        String,
      ),
      ...sources.flatMap((source) => besides(screen, line`      `, String, [source], screen.paint.dim)),
    ];
  });
  return titled(screen, say(voice, "title.chain"), lines);
}

function hostLines(screen: Screen): string[] {
  const { voice, diagnosis } = screen;
  const { host, window, symptom } = diagnosis;
  const parts = [
    say(voice, "line.host", { ...host }),
    say(voice, "line.started", { start: window.start, seconds: window.seconds, booted: host.bootedAt }),
    ratesOf(screen),
  ];
  if (symptom.cpu !== null)
    parts.push(
      say(voice, "line.cpu", {
        ...symptom.cpu,
        note: symptom.splitReliable === false ? say(voice, "line.split-why") : null,
      }),
    );
  if (symptom.busyCpus !== null)
    parts.push(say(voice, "line.busy", { busy: symptom.busyCpus, explained: symptom.explainedCpus }));
  if (symptom.pid1CpuShare !== null) parts.push(say(voice, "line.pid1", { share: symptom.pid1CpuShare }));
  return titled(screen, say(voice, "title.symptom"), besides(screen, line`  `, String, parts, String));
}

function livingTable(screen: Screen): string[] {
  const { voice, diagnosis } = screen;
  const rows = diagnosis.symptom.topLiving.map(({ pid, comm, exe, cpuShare }) => [
    number(screen, cpuShare, "percent"),
    words(voice, String(pid)),
    name(voice, comm),
    exe === null ? line`` : name(voice, exe),
  ]);
  if (rows.length === 0) return [];
  const heads = [say(voice, "column.share"), say(voice, "column.pid"), say(voice, "column.program"), line``];
  const columns = [{ right: true }, { right: true }, { shrinks: true }, { shrinks: true }];
  return titled(screen, say(voice, "title.living"), indentedTable(screen, 2, columns, [heads, ...rows]));
}

function skippedLines(screen: Screen): string[] {
  const { voice, diagnosis } = screen;
  const lines = diagnosis.sources.flatMap((source) =>
    (source.examples ?? []).flatMap(({ locator, why, quote }) =>
      besides(
        screen,
        line`  - `,
        screen.paint.dim,
        [line`${words(voice, source.kind)} ${words(voice, locator)}: ${words(voice, why)}: ${name(voice, quote)}`],
        String,
      ),
    ),
  );
  return titled(screen, say(voice, "title.skipped"), lines);
}
