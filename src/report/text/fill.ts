import * as number from "./number.ts";
import { join, line, type Safe } from "./sanitise.ts";
import type { Part } from "./template.ts";
import { name, own, words, type Voice } from "./voice.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** Puts arguments into a parsed template. Every string among them is untrusted. Never throws for what arguments hold. */
export function fill(voice: Voice, parts: readonly Part[], args: Arguments): Safe {
  return join(parts.map((part) => fillPart(voice, part, args)));
}

function fillPart(voice: Voice, part: Part, args: Arguments): Safe {
  switch (part.kind) {
    case "text":
      // Templates stand in our source; only what is filled in comes from the host.
      return own(voice, part.text as Safe);
    case "plural":
      return own(voice, (isOne(argument(args, part.name)) ? part.one : part.other) as Safe);
    case "optional":
      return fill(voice, part.parts.every((inner) => isKnown(inner, args)) ? part.parts : part.otherwise, args);
    case "argument":
      return value(voice, argument(args, part.name), part.format);
  }
}

function argument(args: Arguments, key: string): unknown {
  return Object.hasOwn(args, key) ? args[key] : undefined;
}

function isKnown(part: Part, args: Arguments): boolean {
  if (part.kind !== "argument" && part.kind !== "plural") return true;
  const given = argument(args, part.name);
  return given !== null && given !== undefined && given !== "" && !(Array.isArray(given) && given.length === 0);
}

// "One child" also when the mean of many generations is 1.004: it is shown as 1.
function isOne(given: unknown): boolean {
  return typeof given === "number" && Math.abs(given - 1) < 0.005;
}

function value(voice: Voice, given: unknown, format: string): Safe {
  if (given === null || given === undefined) return line`?`;
  if (typeof given === "number") return own(voice, formatNumber(voice, given, format));
  if (typeof given === "boolean" || typeof given === "bigint") return words(voice, String(given));
  if (Array.isArray(given)) {
    const separator = voice.language === "zh-CN" ? line`、` : line`, `;
    return join(
      given.map((item: unknown) => value(voice, item, format === "list" ? "name" : format)),
      separator,
    );
  }
  if (typeof given === "string") return formatText(voice, given, format);
  return words(voice, asJson(given));
}

function formatNumber(voice: Voice, given: number, format: string): Safe {
  const { language } = voice;
  switch (format) {
    case "rate":
      return number.rate(language, given);
    case "count":
      return number.count(language, given);
    case "ms":
      return number.milliseconds(language, given);
    case "seconds":
      return number.seconds(language, given);
    case "percent":
      return number.percent(language, given);
    case "cpus":
      return number.cpus(language, given);
    case "bytes":
      return number.bytes(language, given);
    default:
      return words(voice, String(given));
  }
}

function formatText(voice: Voice, given: string, format: string): Safe {
  switch (format) {
    case "base":
      return name(voice, given.slice(given.lastIndexOf("/") + 1) || given);
    case "list":
      return join(
        given.split(", ").map((item) => name(voice, item)),
        voice.language === "zh-CN" ? line`、` : line`, `,
      );
    case "end":
      // `exit 1`, `SIGSEGV`: words of ours, not names of the host.
      return /^(?:exit \d{1,3}|SIG[A-Z0-9+-]{1,12}|signal \d{1,3})$/.test(given)
        ? words(voice, given)
        : name(voice, given);
    case "day":
      return /^\d{4}-\d\d-\d\dT/.test(given) ? words(voice, given.slice(0, 10)) : name(voice, given);
    case "time":
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(given)
        ? words(voice, `${given.slice(0, 10)} ${given.slice(11, 19)}`)
        : name(voice, given);
    case "words":
      return words(voice, given);
    default:
      return name(voice, given);
  }
}

/** JSON of an argument that is neither text nor number; a loop in it must not end the report. */
function asJson(given: unknown): string {
  try {
    return JSON.stringify(given, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "?";
  } catch (error) {
    return error instanceof Error ? `? (${error.name})` : "?";
  }
}
