import type { Advice } from "../../diagnosis/result.ts";
import { besides } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { join, line, repeat, type Safe } from "../text/sanitise.ts";
import { shellLines, shellQuote } from "../text/shell-quote.ts";
import { alphabetOf } from "../text/voice.ts";
import { displayWidth, padEnd } from "../text/width.ts";

const GAP = line`   `;

/**
 * What to do now, numbered, each with the command that does it and the one that undoes it. Stands last: the eye ends
 * there. Without `withUndo`, undo commands that need a line of their own are left to `-v`.
 */
export function nextSection(screen: Screen, withUndo: boolean): string[] {
  const { advice } = screen.diagnosis;
  const title = say(screen.voice, "label.next");
  const indent = displayWidth(title) + 2;
  return advice.flatMap((one, index) => {
    const number = advice.length === 1 ? line`` : line`${index + 1}. `;
    const lead = line`${padEnd(index === 0 ? title : line``, indent)}${number}`;
    return adviceLines(screen, one, lead, withUndo);
  });
}

function adviceLines(screen: Screen, one: Advice, lead: Safe, withUndo: boolean): string[] {
  const { voice, paint, columns } = screen;
  const indent = displayWidth(lead);
  const margin = " ".repeat(indent);
  const command = quoted(screen, one.command);
  const undo = quoted(screen, one.undo);
  const undoLead = line`${say(voice, "label.undo")}: `;
  const text = render(voice, one.code, one.args);
  const safety = say(voice, `safety.${one.safety}`);
  const fits = (...parts: Safe[]): boolean =>
    parts.reduce((sum, part) => sum + displayWidth(part) + GAP.length, indent - GAP.length) <= columns;
  const undoPart = undo === null ? [] : [line`${undoLead}${undo}`];
  const noted = bracketed(screen, text, safety === "" ? [] : [safety]);

  // Everything on one line, or the command (and its undo, if there is room) on the next one.
  if (command !== null && fits(noted, command, ...undoPart)) {
    const rest = [paint.cyan(command), ...undoPart.map((part) => paint.dim(part))];
    return [besides(screen, lead, paint.bold, [noted], String)[0] + rest.map((part) => GAP + part).join("")];
  }
  const undoBeside = command !== null && fits(command, ...undoPart);
  const undoLeftOut = undo !== null && !undoBeside && !withUndo;
  const notes = [...(safety === "" ? [] : [safety]), ...(undoLeftOut ? [say(voice, "line.undo-elsewhere")] : [])];
  const lines = besides(screen, lead, paint.bold, [bracketed(screen, text, notes)], String);
  if (undoBeside)
    return [...lines, [margin + paint.cyan(command), ...undoPart.map((part) => paint.dim(part))].join(GAP)];
  if (one.command !== null) lines.push(...commandLines(screen, one.command, indent).map((part) => paint.cyan(part)));
  if (one.undo === null || undo === null || undoLeftOut) return lines;
  if (fits(line`${undoLead}${undo}`)) return [...lines, margin + paint.dim(undoLead + undo)];
  return [
    ...lines,
    margin + paint.dim(undoLead),
    ...commandLines(screen, one.undo, indent).map((part) => paint.dim(part)),
  ];
}

/** A command longer than this many lines is hostile (a path of 4,096 bytes to escape): nobody can check it by eye. */
const LONGEST = 8;

function commandLines({ voice, columns }: Screen, argv: readonly string[], indent: number): Safe[] {
  const bytes = argv.reduce((sum, argument) => sum + argument.length + 1, 0);
  const lines = bytes > LONGEST * columns ? [] : shellLines(argv, columns, indent, alphabetOf(voice));
  if (bytes <= LONGEST * columns && lines.length <= LONGEST) return lines;
  return [line`${repeat(line` `, indent)}${say(voice, "line.command-elsewhere", { bytes })}`];
}

function bracketed({ voice }: Screen, text: Safe, notes: readonly Safe[]): Safe {
  if (notes.length === 0) return text;
  return voice.language === "zh-CN"
    ? line`${text}（${join(notes, line`；`)}）`
    : line`${text} (${join(notes, line`; `)})`;
}

function quoted({ voice }: Screen, argv: readonly string[] | null): Safe | null {
  return argv === null || argv.length === 0 ? null : shellQuote(argv, alphabetOf(voice));
}
