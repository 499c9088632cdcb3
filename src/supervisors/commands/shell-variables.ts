import type { Untrusted } from "../../model/text.ts";
import { lineOf } from "./scripts.ts";
import { simpleCommands } from "./shell-words.ts";

/** A variable of a shell file, as far as its value can be known without running it. */
export interface ShellVariable {
  /** Null: only the running shell knows it. */
  value: Untrusted | null;
  file: Untrusted;
  line: number;
}

export type ShellVariables = Map<string, ShellVariable>;

/** Most of one value after its variables are put in: a file could double it with every line. */
const MAX_VALUE = 8_192;

/**
 * Reads the assignments that a shell file makes outside functions into `variables`, later ones over earlier ones.
 * Variables in a value are put in where they are known, also `${NAME:-otherwise}`.
 */
export function readVariables(variables: ShellVariables, text: Untrusted, file: Untrusted): void {
  let depth = 0;
  for (const command of simpleCommands(text)) {
    const [first] = command;
    if (first === undefined) continue;
    const words = first.text === "export" ? command.slice(1) : command;
    // `{` of a function, or of a group: what stands in it runs later, or not at all.
    depth +=
      command.filter(({ text: word }) => word === "{").length - command.filter(({ text: word }) => word === "}").length;
    if (depth > 0 || !words.every(({ text: word }) => /^[A-Za-z_]\w*=/.test(word))) continue;
    for (const { text: word, at } of words) {
      const cut = word.indexOf("=");
      variables.set(word.slice(0, cut), {
        value: expand(word.slice(cut + 1), variables),
        file,
        line: lineOf(text, at),
      });
    }
  }
}

/** A value with its variables put in; null: one of them is not known, or it takes a command or a pattern. */
function expand(text: Untrusted, variables: ShellVariables): Untrusted | null {
  let known = true;
  const expanded = text.replace(
    /\$(?:(\w+)|\{(\w+)(?::?-([^{}$]*))?\})/g,
    (_all, plain?: string, braced?: string, otherwise?: string) => {
      const found = variables.get(plain ?? braced ?? "");
      if (found?.value === null || (found === undefined && otherwise === undefined)) known = false;
      return found?.value ?? otherwise ?? "";
    },
  );
  return known && !/[$`]/.test(expanded) ? expanded.slice(0, MAX_VALUE) : null;
}
