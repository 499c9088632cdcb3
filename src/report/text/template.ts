/**
 * Templates of the catalogue:
 *
 * - `{program}` the argument as a name; `{perSecond:rate}` in a format (see `fill.ts`)
 * - `{lost#event|events}` the word that goes with the number: the first for 1, else the second
 * - `[[ at line {line}]]` dropped when an argument in it is missing; `[[by {spawner}||by nobody seen]]` has a substitute
 */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "argument"; name: string; format: string }
  | { kind: "plural"; name: string; one: string; other: string }
  | { kind: "optional"; parts: Part[]; otherwise: Part[] };

const PLACEHOLDER = /\{([A-Za-z0-9]+)(?::([a-z]+)|#([^|{}]*)\|([^|{}]*))?\}/g;
const OPTIONAL = /\[\[(.*?)(?:\|\|(.*?))?\]\]/gs;

/** Reads a template. A template of ours that is not well-formed is a mistake in the source and throws. */
export function parseTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of template.matchAll(OPTIONAL)) {
    parts.push(...flat(template.slice(at, match.index)));
    parts.push({ kind: "optional", parts: flat(match[1] as string), otherwise: flat(match[2] ?? "") });
    at = match.index + match[0].length;
  }
  return [...parts, ...flat(template.slice(at))];
}

function flat(text: string): Part[] {
  const parts: Part[] = [];
  const literal = (words: string): void => {
    if (/[{}]|\[\[|\]\]/.test(words)) throw new SyntaxError(`template not understood near "${words}"`);
    if (words !== "") parts.push({ kind: "text", text: words });
  };
  let at = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    literal(text.slice(at, match.index));
    const [whole, name, format, one, other] = match as unknown as [string, string, string?, string?, string?];
    if (one === undefined) parts.push({ kind: "argument", name, format: format ?? "name" });
    else parts.push({ kind: "plural", name, one, other: other ?? one });
    at = match.index + whole.length;
  }
  literal(text.slice(at));
  return parts;
}

/** Names of the arguments that a template uses, sorted, each once. */
export function placeholders(parts: readonly Part[]): string[] {
  const names = new Set<string>();
  for (const part of parts) {
    if (part.kind === "optional")
      for (const inner of placeholders([...part.parts, ...part.otherwise])) names.add(inner);
    else if (part.kind !== "text") names.add(part.name);
  }
  return [...names].sort();
}
