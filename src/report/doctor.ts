import pc from "picocolors";
import type { Check, Examination } from "../model/doctor.ts";
import type { Footing } from "../model/footing.ts";
import { footingLines } from "./sections/footing.ts";
import type { Paint } from "./screen.ts";
import { render, say } from "./text/catalogue/index.ts";
import type { Language } from "./text/language.ts";
import { join, line, type Safe } from "./text/sanitise.ts";
import { shellLines } from "./text/shell-quote.ts";
import { alphabetOf, own, type Voice } from "./text/voice.ts";
import { wrap } from "./text/width.ts";

export interface DoctorOptions {
  /** Columns of the terminal; never more than 80 are used. */
  columns: number;
  colour: boolean;
  lang: Language;
  /** False: ASCII signs. */
  unicode: boolean;
}

/** Columns of `[x] `. */
const INDENT = 4;

/**
 * What can be observed here, a sign and a paragraph for each way, the answer in the last line. Ends with a newline;
 * nothing of the host reaches the terminal as a control character.
 */
export function doctorReport(examination: Examination, footing: Footing | null, options: DoctorOptions): string {
  const columns = Math.max(40, Math.min(80, Math.floor(options.columns) || 80));
  const voice: Voice = { language: options.lang, unicode: options.unicode, nameLimit: 60 };
  const paint = pc.createColors(options.colour);
  const { hostname, kernel, machine } = examination.host;
  const banner = footingLines({ voice, paint, columns }, footing, true);
  const lines = [
    ...banner,
    ...(banner.length === 0 ? [] : [""]),
    ...wrap(say(voice, "doctor.title", { host: hostname, kernel, machine }), columns).map((text) => paint.bold(text)),
    ...examination.checks.flatMap((check) => paragraph(check, voice, paint, columns)),
    "",
    ...wrap(tally(examination, voice), columns),
    ...wrap(answer(examination, voice), columns).map((text) => paint.bold(text)),
  ];
  return lines.join("\n").replaceAll("\u00a0", " ") + "\n";
}

function paragraph(check: Check, voice: Voice, paint: Paint, columns: number): string[] {
  const room = columns - INDENT;
  const colour = { usable: paint.green, remark: paint.yellow, unusable: paint.red }[check.state];
  const indented = (texts: readonly string[]): string[] => texts.map((text) => " ".repeat(INDENT) + text);
  const [title = line``, ...more] = wrap(render(voice, `doctor.check.${check.id}`), room);
  const facts = [...(check.gives.length > 0 ? [gives(check, voice)] : []), ...check.notes.map(sentence)];
  function sentence({ code, args }: Check["notes"][number]): Safe {
    return render(voice, `doctor.note.${code}`, args);
  }
  return [
    colour(`[${sign(check, voice)}]`) + ` ${title}`,
    ...indented(more),
    ...indented(facts.flatMap((fact) => wrap(fact, room))),
    ...command(own(voice, line`→ `), check.command, voice, columns),
    ...command(say(voice, "doctor.undo"), check.undo, voice, columns),
  ];
}

function sign({ state }: Check, { unicode }: Voice): string {
  if (state === "remark") return "!";
  if (state === "usable") return unicode ? "✓" : "+";
  return unicode ? "✗" : "x";
}

function gives(check: Check, voice: Voice): Safe {
  const words = check.gives.map((gift) => render(voice, `doctor.gift.${gift}`));
  const list = join(words, voice.language === "zh-CN" ? line`、` : line`, `);
  const label = check.state === "unusable" ? say(voice, "doctor.would-give") : say(voice, "doctor.gives");
  return line`${label}${list}`;
}

/** A command that can be copied, on lines of its own when it is longer than one. */
function command(lead: Safe, argv: readonly string[] | null, voice: Voice, columns: number): string[] {
  if (argv === null) return [];
  const [only = line``, ...more] = shellLines(argv, columns - 16, 0, alphabetOf(voice));
  if (more.length === 0) return [" ".repeat(INDENT) + lead + only];
  return [" ".repeat(INDENT) + lead.trimEnd(), ...shellLines(argv, columns, INDENT + 2, alphabetOf(voice))];
}

function tally({ checks }: Examination, voice: Voice): Safe {
  const count = (state: Check["state"]): number => checks.filter((check) => check.state === state).length;
  const [usable, remarks, unusable] = [count("usable"), count("remark"), count("unusable")];
  return say(voice, "doctor.tally", { usable, remarks, unusable });
}

function answer({ live, source }: Examination, voice: Voice): Safe {
  if (live === "yes") return say(voice, "doctor.live.yes", { source });
  return say(voice, live === "root-missing" ? "doctor.live.root-missing" : "doctor.live.no");
}
