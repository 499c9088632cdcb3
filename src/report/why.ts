import { howOf, type Why, type WhyRestart } from "../why/result.ts";
import { labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { gapLines } from "./sections/gaps.ts";
import { render, say, type MessageCode } from "./text/catalogue/index.ts";
import { join, line, type Safe } from "./text/sanitise.ts";
import { shellLines } from "./text/shell-quote.ts";
import { alphabetOf, ellipsis, name, own, words } from "./text/voice.ts";
import { padEnd, truncateMiddle, wrap } from "./text/width.ts";

const SHOWN = 3;
const MARGIN = 11;

/**
 * What starts a program: the answer in the first line, the way from PID 1, then each job with its file, limit and the
 * command that stops it. Ends with a newline; nothing of the host reaches the terminal as a control character.
 */
export function whyReport(answer: Why, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const shown = options.verbose ? answer.restarts : answer.restarts.slice(0, SHOWN);
  const left = answer.restarts.length - shown.length;
  const blocks = [
    [...verdict(sheet, answer), ...wayOf(sheet, answer)],
    ...shown.map((job, at) => jobLines(sheet, job, at > 0)),
    left > 0 ? wrap(say(sheet.voice, "why.more-jobs", { count: left }), sheet.columns) : [],
    gapLines(sheet, answer.couldNotLook),
  ];
  return reportOf(blocks);
}

function verdict({ voice, columns, paint }: Sheet, { verdict: { code, args, outcome } }: Why): string[] {
  const colour = outcome === "found" ? paint.bold : paint.yellow;
  return wrap(render(voice, code, args), columns).map((text) => colour(text));
}

/** `init (pid 1) → sh (pid 40) → atd (pid 812)`. */
function wayOf(sheet: Sheet, { line: members }: Why): string[] {
  const { voice } = sheet;
  if (members.length === 0) return [];
  const names = members.map(({ pid, comm, exe }) => name(voice, `${baseOf(exe) ?? comm} (pid ${pid})`));
  return labelled(sheet, say(voice, "why.label.way"), [join(names, own(voice, line` → `))]);
}

function jobLines(sheet: Sheet, job: WhyRestart, isFurther: boolean): string[] {
  const { voice } = sheet;
  const lines: string[] = [];
  const add = (label: MessageCode, ...bodies: Safe[]): void => {
    lines.push(...labelled(sheet, say(voice, label), bodies));
  };
  if (isFurther || job.inactive !== null)
    add("why.label.job", render(voice, `why.${howOf(job)}`, { ...job, program: job.resolvesTo ?? job.unit }));
  const { inactive } = job;
  if (inactive) add("why.label.off", say(voice, `why.inactive.${inactive}`));
  add("why.label.change", say(voice, "why.change", { ...job }));
  add("why.label.command", truncateMiddle(words(voice, job.command), sheet.columns - MARGIN, ellipsis(voice)));
  add("why.label.means", meansOf(sheet, job));
  add("why.label.limit", limitOf(sheet, job));
  if (job.exitStatuses !== null) add("why.label.ends", ...job.exitStatuses.map((list) => say(voice, "why.ends", list)));
  if (job.wantedBy !== null) add("why.label.enabled", enabledOf(sheet, job.wantedBy));
  if (job.counted !== null) add("why.label.counted", say(voice, "why.counted", { ...job.counted }));
  add(
    "why.label.told-by",
    join(
      job.toldBy.map((by) => say(voice, `why.told-by.${by}`)),
      line`, `,
    ),
  );
  lines.push(...commandLines(sheet, "why.label.stop", job.stop));
  lines.push(...commandLines(sheet, "why.label.undo", job.undo));
  return lines;
}

/** Which file the command is, and which ones of the same name it keeps from being started. */
function meansOf({ voice }: Sheet, { resolvesTo, shadows, searchPath, unresolved, script, through }: WhyRestart): Safe {
  const parts = [
    resolvesTo === null
      ? render(voice, `why.unresolved.${unresolved?.replace("resolve.", "") ?? "script-decides"}`)
      : say(voice, "why.means", {
          resolvesTo,
          shadows: shadows !== null && shadows.length > 0 ? shadows : null,
          searchPath: shadows !== null && shadows.length > 0 ? (searchPath?.join(":") ?? null) : null,
        }),
    ...(script === null ? [] : [say(voice, "why.script", script)]),
    ...(through === null ? [] : [say(voice, "why.through", { through })]),
  ];
  return join(parts, voice.language === "zh-CN" ? line`；` : line`; `);
}

function limitOf({ voice }: Sheet, job: WhyRestart): Safe {
  const { limit, atLimit, delaySeconds, everySeconds, minimumLifeSeconds, restarts } = job;
  if (restarts === "never") return say(voice, "why.limit.once");
  const parts: Safe[] = [];
  if (everySeconds !== null) parts.push(say(voice, "why.limit.every", { everySeconds }));
  if (limit === null) parts.push(say(voice, everySeconds === null ? "why.limit.none" : "why.limit.none-else"));
  else {
    const pause = atLimit?.action === "pause" ? atLimit.seconds : null;
    parts.push(say(voice, pause === null ? "why.limit.stops" : "why.limit.pauses", { ...limit, pause }));
  }
  if (delaySeconds > 0) parts.push(say(voice, "why.limit.delay", { delaySeconds }));
  if (minimumLifeSeconds !== null) parts.push(say(voice, "why.limit.life", { minimumLifeSeconds }));
  return join(parts, voice.language === "zh-CN" ? line`；` : line`; `);
}

/** What starts a unit of systemd at boot, or with another. */
function enabledOf({ voice }: Sheet, wantedBy: readonly string[]): Safe {
  return wantedBy.length === 0 ? say(voice, "why.not-enabled") : say(voice, "why.enabled", { wantedBy });
}

function commandLines(sheet: Sheet, label: MessageCode, command: readonly string[] | null): string[] {
  if (command === null) return [];
  const alphabet = alphabetOf(sheet.voice);
  const [first = line``, ...more] = shellLines(command, sheet.columns, MARGIN, alphabet);
  const lead = line`  ${padEnd(say(sheet.voice, label), MARGIN - 2)}`;
  // Continued lines are as shellLines has them, so that all can be pasted together.
  return [sheet.paint.dim(lead) + first.slice(MARGIN), ...more];
}

function baseOf(path: string | null): string | null {
  return path === null ? null : path.slice(path.lastIndexOf("/") + 1);
}
