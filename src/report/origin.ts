import type { Origin, OriginEvent, Sign } from "../origin/result.ts";
import { besides, indentedTable, labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { footingLines } from "./sections/footing.ts";
import { gapLines } from "./sections/gaps.ts";
import { render, say } from "./text/catalogue/index.ts";
import { line, type Safe } from "./text/sanitise.ts";
import { own, words } from "./text/voice.ts";

/** Events that are shown without -v: those of the file and its package, then those around. */
const SHOWN = 30;

/**
 * How a file came to its place: the answer in the first line, whose it is, its times and what they prove, signs that they
 * were set, a timeline, and what is missing. Ends with a newline; nothing of the host reaches the terminal raw.
 */
export function originReport(origin: Origin, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const blocks = [
    footingLines(sheet, origin.footing, options.verbose),
    [
      ...headline(sheet, origin),
      ...ownerLines(sheet, origin),
      ...timeLines(sheet, origin),
      ...signLines(sheet, origin),
    ],
    timeline(sheet, origin, options.verbose),
    options.verbose ? sourceLines(sheet, origin) : [],
    gapLines(sheet, origin.couldNotLook),
  ];
  return reportOf(blocks);
}

function headline(sheet: Sheet, { verdict }: Origin): string[] {
  const { voice, paint } = sheet;
  const colour = verdict.outcome === "arrived-by" ? paint.green : paint.yellow;
  const first = besides(sheet, line``, String, [render(voice, verdict.code, verdict.args)], (text) =>
    paint.bold(colour(text)),
  );
  const { command } = verdict.args;
  return [
    ...first,
    ...(verdict.outcome === "arrived-by" && typeof command === "string" && command !== ""
      ? labelled(sheet, say(voice, "why.label.command"), [words(voice, command)])
      : []),
    ...(verdict.confidence === null
      ? []
      : labelled(sheet, say(voice, "origin.label.told-by"), [
          say(voice, "origin.confidence", {
            confidence: say(voice, `confidence.${verdict.confidence}`),
            evidence: verdict.evidence.map(({ locator }) => locator).join("; "),
          }),
        ])),
  ];
}

function ownerLines(sheet: Sheet, { identity }: Origin): string[] {
  if (identity === null) return [];
  const { voice } = sheet;
  const { owner, claims, verdict } = identity;
  return labelled(sheet, say(voice, "label.owner"), [
    line`${owner === null ? say(voice, "identify.owner.nobody") : say(voice, "identify.owner", { ...owner })}: ${say(voice, `identity-verdict.${verdict}`)}`,
    ...(claims === null ? [] : [say(voice, "identify.claims", { ...claims })]),
  ]);
}

/** Each time with what it can prove, so that nobody takes the forged one for the truth. */
function timeLines(sheet: Sheet, { times, fileSystem }: Origin): string[] {
  const { voice } = sheet;
  return labelled(
    sheet,
    say(voice, "origin.label.times"),
    times.flatMap(({ kind, time }) => {
      const shown =
        time === null ? say(voice, "origin.time.unknown") : say(voice, `origin.time.${kind}`, { time: clock(time) });
      const where =
        fileSystem !== null && kind === "birth" ? line` (${say(voice, "origin.in", { fileSystem })})` : line``;
      return [line`${shown}${where}`, line`  ${say(voice, `origin.proves.${kind}`)}`];
    }),
  );
}

function signLines(sheet: Sheet, { signs }: Origin): string[] {
  const { voice } = sheet;
  return labelled(
    sheet,
    say(voice, "origin.label.signs"),
    signs.flatMap((sign) => signOf(sheet, sign)),
  );
}

function signOf({ voice }: Sheet, { code, args, weight, otherwise }: Sign): Safe[] {
  const first = line`${say(voice, `origin.weight.${weight}`)}: ${render(voice, code, args)}`;
  return otherwise === null ? [first] : [first, line`  ${render(voice, otherwise)}`];
}

function timeline(sheet: Sheet, origin: Origin, verbose: boolean): string[] {
  const { voice, paint } = sheet;
  const own_ = origin.times.flatMap(({ kind, time }) =>
    time === null ? [] : [{ time, until: null, text: say(voice, OWN[kind]), weight: 2 }],
  );
  const others = origin.events.map((event) => ({
    time: event.time,
    until: event.until,
    text: line`${render(voice, event.code, event.args)}${by(sheet, event)}`,
    weight: event.relation === "around" ? 0 : 1,
  }));
  const all = [...own_, ...others];
  const kept = verbose ? all : [...all].sort((a, b) => b.weight - a.weight).slice(0, SHOWN);
  const left = all.length - kept.length;
  const timed = kept
    .filter(({ time }) => time !== null)
    .sort((a, b) => Date.parse(a.time ?? "") - Date.parse(b.time ?? ""));
  const untimed = kept.filter(({ time }) => time === null);
  const rows = (of: typeof kept): string[] =>
    of.flatMap(({ time, until, text, weight }) => {
      const when = time === null ? words(voice, "") : whenOf(sheet, time, until);
      return besides(
        sheet,
        line`  ${when}${when === "" ? line`` : line`  `}`,
        weight === 2 ? paint.bold : paint.dim,
        [text],
        String,
      );
    });
  return [
    paint.bold(say(voice, "origin.title.timeline")),
    ...rows(timed),
    ...(untimed.length === 0 ? [] : [`  ${say(voice, "origin.title.no-time")}`, ...rows(untimed)]),
    ...(others.length === 0
      ? besides(
          sheet,
          line`  `,
          String,
          [say(voice, "origin.nothing-around", { seconds: origin.aroundSeconds })],
          paint.dim,
        )
      : []),
    ...(left > 0 ? [`  ${say(voice, "origin.more-events", { left })}`] : []),
  ];
}

const OWN = {
  birth: "origin.born",
  change: "origin.changed",
  modification: "origin.modified",
} as const;

function by({ voice }: Sheet, { source, evidence }: OriginEvent): Safe {
  return line` [${words(voice, evidence === null ? source : evidence.locator)}]`;
}

function whenOf({ voice }: Sheet, time: string, until: string | null): Safe {
  const shown = clock(time).slice(0, 19);
  if (until === null) return words(voice, shown);
  const end = clock(until).slice(0, 19);
  return say(voice, "origin.until", {
    when: shown,
    until: end.slice(0, 10) === shown.slice(0, 10) ? end.slice(11) : end,
  });
}

/** `2026-11-29 17:05:01.123456789 UTC` of an ISO 8601 time. */
function clock(iso: string): string {
  return iso.replace("T", " ").replace(/Z$/, " UTC");
}

function sourceLines(sheet: Sheet, { sources }: Origin): string[] {
  const { voice, paint } = sheet;
  const rows = sources.map(({ id, records, skipped, from, to }) => [
    words(voice, id),
    own(voice, line`${words(voice, String(records))}`),
    words(voice, skipped === 0 ? "" : `-${skipped}`),
    words(voice, from === null || to === null ? "" : `${clock(from)} … ${clock(to)}`),
  ]);
  return [
    paint.bold(say(voice, "origin.label.sources")),
    ...indentedTable(sheet, 2, [{}, { right: true }, { right: true }, { shrinks: true }], rows),
  ];
}
