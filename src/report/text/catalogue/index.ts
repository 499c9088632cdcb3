import { fill } from "../fill.ts";
import type { Language } from "../language.ts";
import { join, line, type Safe } from "../sanitise.ts";
import { parseTemplate, type Part } from "../template.ts";
import { voiceOf, words, type Voice } from "../voice.ts";
import { en, type MessageCode } from "./en.ts";
import { zhCN } from "./zh-CN.ts";

export type { MessageCode } from "./en.ts";

const CATALOGUES: Record<Language, ReadonlyMap<string, string>> = {
  en: new Map(Object.entries(en)),
  "zh-CN": new Map(Object.entries(zhCN)),
};
const parsed = new Map<string, readonly Part[]>();

/** Whether the catalogue has a text for this code. */
export function hasMessage(code: string): code is MessageCode {
  return CATALOGUES.en.has(code);
}

/**
 * The sentence for a code in a language, with every string among its arguments sanitised. A code that the catalogue
 * does not know (a result of a newer version) is shown with its arguments. Never throws.
 */
export function render(voice: Voice | Language, code: string, args: Readonly<Record<string, unknown>> = {}): Safe {
  const speaking = typeof voice === "string" ? voiceOf(voice) : voice;
  const template = CATALOGUES[speaking.language].get(code);
  if (template === undefined) return unknownCode(speaking, code, args);
  let parts = parsed.get(template);
  if (parts === undefined) parsed.set(template, (parts = parseTemplate(template)));
  return fill(speaking, parts, args);
}

/** As `render`, for the report's own words: a code that is not in the catalogue does not compile. */
export function say(voice: Voice, code: MessageCode, args: Readonly<Record<string, unknown>> = {}): Safe {
  return render(voice, code, args);
}

function unknownCode(voice: Voice, code: string, args: Readonly<Record<string, unknown>>): Safe {
  const pairs = Object.keys(args).map((key) => line`${words(voice, key)}=${fill(voice, [argumentNamed(key)], args)}`);
  return join([words(voice, code), ...pairs], line` `);
}

function argumentNamed(key: string): Part {
  return { kind: "argument", name: key, format: "name" };
}
