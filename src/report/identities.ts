import type { Identities, IdentifiedFile, NotLooked } from "../identity/result.ts";
import { besides, labelled, reportOf } from "./layout.ts";
import { openSheet, type Sheet, type TerminalOptions } from "./screen.ts";
import { chainLines, referenceLines } from "./sections/reference.ts";
import { footingLines } from "./sections/footing.ts";
import { factsOf } from "./sections/identity-detail.ts";
import { render, say } from "./text/catalogue/index.ts";
import { line, type Safe } from "./text/sanitise.ts";
import { shellQuote } from "./text/shell-quote.ts";
import { alphabetOf } from "./text/voice.ts";

/**
 * The verdicts for a terminal, each with the verdict in its first line, then whose the file is, why, and the commands
 * that check it by hand; weak reasons and the rest of the facts with `verbose`. Ends with a newline.
 */
export function identitiesReport(result: Identities, options: TerminalOptions): string {
  const sheet = openSheet(options);
  const blocks = [
    footingLines(sheet, result.footing, options.verbose),
    ...result.identities.map((identity) => identityBlock(sheet, identity, options.verbose)),
    ...result.couldNotLook.map((gap) => gapBlock(sheet, gap)),
    rulesLines(sheet, result),
  ];
  return reportOf(blocks);
}

/** What became of the rules; nothing where none were given. */
export function rulesLines(sheet: Sheet, { rules }: Identities): string[] {
  if (rules === undefined) return [];
  const code = rules.usable ? "identify.rules" : "identify.rules-unusable";
  return labelled(sheet, say(sheet.voice, "label.rules"), [say(sheet.voice, code, { ...rules })]);
}

/** A genuine file with which something is wrong all the same must not look like one with which all is well. */
export function headlineOf({ verdict, concern }: IdentifiedFile): "identify.headline" | "identify.headline-but" {
  const good = verdict === "genuine" || verdict === "local";
  return good && concern === "problem" ? "identify.headline-but" : "identify.headline";
}

/** Lines about one judged file. */
export function identityBlock(sheet: Sheet, identity: IdentifiedFile, verbose: boolean): string[] {
  const { voice, paint } = sheet;
  const { path, verdict, process, owner, claims, root } = identity;
  const colour = { problem: paint.red, unsure: paint.yellow, none: paint.green }[identity.concern];
  const headline = say(voice, headlineOf(identity), { path, verdict: say(voice, `identity-verdict.${verdict}`) });
  const owners = [
    owner === null ? say(voice, "identify.owner.nobody") : say(voice, "identify.owner", { ...owner }),
    ...(claims === null ? [] : [say(voice, "identify.claims", { ...claims })]),
  ];
  return [
    ...besides(sheet, line``, String, [headline], (text) => paint.bold(colour(text))),
    ...(root === "/" ? [] : labelled(sheet, say(voice, "label.root"), [say(voice, "identify.root", { root })])),
    ...(process === null
      ? []
      : labelled(sheet, say(voice, "label.process"), [say(voice, "identify.process", process)])),
    ...labelled(sheet, say(voice, "label.owner"), owners),
    ...reasonLines(sheet, identity, verbose),
    ...labelled(sheet, say(voice, "label.file"), verbose ? factsOf(sheet, identity) : shortFacts(sheet, identity)),
    ...chainLines(sheet, identity),
    ...referenceLines(sheet, identity, verbose),
    ...checkLines(sheet, identity),
  ];
}

/** Without `verbose`: what decides, or everything where nothing decides. */
function reasonLines(sheet: Sheet, { reasons }: IdentifiedFile, verbose: boolean): string[] {
  const { voice } = sheet;
  const against = reasons.filter(({ weight }) => weight !== "exculpatory");
  const heavy = against.filter(({ weight }) => weight !== "weak");
  const shown = verbose || heavy.length === 0 ? against : heavy;
  const left = against.length - shown.length;
  const words = (of: IdentifiedFile["reasons"]): Safe[] => of.map(({ code, args }) => render(voice, code, args));
  const more = left === 0 ? [] : [say(voice, "identify.more-reasons", { left })];
  return [
    ...labelled(sheet, say(voice, "label.why"), [...words(shown), ...more]),
    ...labelled(
      sheet,
      say(voice, "label.exculpatory"),
      words(reasons.filter(({ weight }) => weight === "exculpatory")),
    ),
  ];
}

function shortFacts({ voice }: Sheet, { file, attack }: IdentifiedFile): Safe[] {
  if (file === null) return [];
  const techniques = attack.length === 0 ? [] : [say(voice, "identify.attack", { attack: attack.join(", ") })];
  return [
    say(voice, "line.file", { ...file }),
    line`sha256 ${render(voice, "identify.words", { text: file.sha256 })}`,
    ...techniques,
  ];
}

function checkLines(sheet: Sheet, { checks }: IdentifiedFile): string[] {
  const { voice, paint } = sheet;
  return checks.flatMap(({ code, args, command }, index) => {
    const label = index === 0 ? say(voice, "label.check") : line``;
    const [first = "", ...more] = labelled(sheet, label, [shellQuote(command, alphabetOf(voice))]);
    const explained = labelled(sheet, line``, [line`  ${render(voice, code, args)}`]);
    return [first, ...more, ...explained.map((text) => paint.dim(text))];
  });
}

/** Lines about what was not looked at. */
export function gapBlock(sheet: Sheet, { what, code, args }: NotLooked): string[] {
  const text = say(sheet.voice, "identify.could-not-look", { what });
  return [
    ...besides(sheet, line``, String, [text], (words) => sheet.paint.bold(sheet.paint.yellow(words))),
    ...labelled(sheet, say(sheet.voice, "label.why"), [render(sheet.voice, code, args)]),
  ];
}
