import type { Language } from "./language.ts";
import { isPrintable, line, safe, swap, type Alphabet, type Safe } from "./sanitise.ts";
import { truncateMiddle } from "./width.ts";

/** How a report speaks. */
export interface Voice {
  language: Language;
  /** False where the terminal shows ASCII only: own signs become ASCII, foreign characters visible escapes. */
  unicode: boolean;
  /** Columns that one name of the examined host may take; longer ones lose their middle. */
  nameLimit: number;
}

/** The voice for `language` on a screen that shows everything. */
export function voiceOf(language: Language): Voice {
  return { language, unicode: true, nameLimit: 400 };
}

export function alphabetOf(voice: Voice): Alphabet {
  return voice.unicode ? "unicode" : "ascii";
}

// A name with anything else could pass for words of the report ("x: genuine, healthy"), so it is put in quotes.
const BARE = /^[A-Za-z0-9_./+@%=~^-](?:[A-Za-z0-9_./+@:%=~^-]*[A-Za-z0-9_/+@%=~^-])?$/;
// How other rooms write a process: `init (pid 812)`. The last bracket is theirs, whatever stands before it.
const PROCESS = /^(.*) \(pid (\d{1,10})\)$/s;
// A program whose file is not known, by its task name: `(atd)`.
const TASK = /^\((.*)\)$/s;

/** How other rooms write a program that was gone before anybody could see which it was: no file, no task name. */
const UNSEEN: Record<Language, Safe> = { en: line`(a program that nobody saw)`, "zh-CN": line`（未能看到的程序）` };

/** A name, path or other word of the examined host as it stands in a sentence: sanitised, shortened, quoted if need be. */
export function name(voice: Voice, untrusted: string): Safe {
  const process = PROCESS.exec(untrusted);
  if (process !== null) return line`${bareOrQuoted(voice, process[1] as string)}\u00a0(pid\u00a0${process[2] as Safe})`;
  if (untrusted === "()") return own(voice, UNSEEN[voice.language]);
  const task = TASK.exec(untrusted);
  if (task !== null) return line`(${bareOrQuoted(voice, task[1] as string)})`;
  return bareOrQuoted(voice, untrusted);
}

function bareOrQuoted(voice: Voice, untrusted: string): Safe {
  const alphabet = alphabetOf(voice);
  const shown = truncateMiddle(safe(untrusted, alphabet), voice.nameLimit, ellipsis(voice));
  if (BARE.test(untrusted) && isPrintable(untrusted, alphabet)) return shown;
  return line`"${swap(shown, /"/g, line`\\x22`)}"`;
}

const WORDS_LIMIT = 600;

/** Free text from elsewhere in the program that may carry names of the host: sanitised and bounded, not quoted. */
export function words(voice: Voice, text: string): Safe {
  return truncateMiddle(safe(text, alphabetOf(voice)), WORDS_LIMIT, ellipsis(voice));
}

export function ellipsis(voice: Voice): Safe {
  return voice.unicode ? line`…` : line`...`;
}

/** The report's own text with its signs in ASCII where the terminal asks for it. */
export function own(voice: Voice, text: Safe): Safe {
  if (voice.unicode) return text;
  let plain = text;
  for (const [sign, ascii] of SIGNS) plain = swap(plain, sign, ascii);
  return plain;
}

const SIGNS: [RegExp, Safe][] = [
  [/→/g, line`->`],
  [/…/g, line`...`],
  [/·/g, line`-`],
  [/⚠/g, line`!`],
  [/×/g, line`x`],
  [/µ/g, line`u`],
  [/≤/g, line`<=`],
  [/≥/g, line`>=`],
  [/\u00a0/g, line` `],
];
