import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { addProblem, readConfig, type Budget } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** A JSON value as it was read, and its text, in which lines can be found. */
export interface JsonFile {
  value: unknown;
  text: Untrusted;
}

/** Reads a file of JSON; null when it is not there or none, then a problem says so. */
export function readJson(root: Root, path: Untrusted, problems: Problem[], budget: Budget): JsonFile | null {
  const text = readConfig(root, path, problems, budget);
  if (text === null) return null;
  try {
    return { value: JSON.parse(text) as unknown, text };
  } catch {
    addProblem(problems, path, null, "no JSON");
    return null;
  }
}

/** The value of a key that the object itself has; undefined for anything else. */
export function member(value: unknown, ...keys: string[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** A text without NUL, which no file name, name or argument can hold; null for anything else. */
export function textOf(value: unknown): Untrusted | null {
  return typeof value === "string" && !value.includes("\0") ? value : null;
}

/** The texts in a list; empty for anything else. */
export function textsOf(value: unknown): Untrusted[] {
  return Array.isArray(value) ? value.flatMap((one) => textOf(one) ?? []) : [];
}

/** A number that is 0 or more; null for anything else. */
export function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

/** The line, from 1, in which a text first stands; 1 where it does not. */
export function lineOf(text: Untrusted, what: string): number {
  const at = text.indexOf(what);
  let line = 1;
  for (let end = text.indexOf("\n"); end !== -1 && end < at; end = text.indexOf("\n", end + 1)) line++;
  return line;
}
