import type { Untrusted } from "../../model/text.ts";
import { addProblem } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** A value and where its option stands. */
export interface IniValue {
  value: Untrusted;
  file: Untrusted;
  line: number;
}

/** Sections in the order of their first appearance; names of options are lower case. */
export type Ini = Map<Untrusted, Map<Untrusted, IniValue>>;

/**
 * Reads a file into `ini` as Python's RawConfigParser does with supervisord's settings (`;` and `#` begin comments, also
 * behind a blank within a line; deeper indentation continues a value; what comes later wins). A line that the parser would
 * refuse is a problem, and the daemon would not start.
 */
export function readIni(ini: Ini, text: Untrusted, file: Untrusted, problems: Problem[]): void {
  let section: Map<Untrusted, IniValue> | null = null;
  let option: IniValue | null = null;
  let indent = 0;
  for (const [i, whole] of text.split("\n").entries()) {
    const line = i + 1;
    const said = withoutComment(whole).trimEnd();
    const depth = said.length - said.trimStart().length;
    const content = said.trim();
    if (content === "") {
      // A line of nothing but a comment does not end a value; an empty one does not either.
      continue;
    }
    if (option !== null && depth > indent) {
      option.value += `\n${content}`;
      continue;
    }
    indent = depth;
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      section = ini.get(header) ?? new Map<Untrusted, IniValue>();
      ini.set(header, section);
      option = null;
      continue;
    }
    const cut = content.search(/[=:]/);
    if (section === null || cut <= 0) {
      const why = section === null ? "a line before the first section" : "neither a section nor an option";
      addProblem(problems, file, line, `${why}: supervisord does not start with it`);
      continue;
    }
    option = { value: content.slice(cut + 1).trim(), file, line };
    section.set(content.slice(0, cut).trim().toLowerCase(), option);
  }
}

/** A comment begins the line, or follows a blank. */
function withoutComment(line: Untrusted): Untrusted {
  const at = line.search(/(?:^|[ \t])[;#]/);
  return at < 0 ? line : line.slice(0, at);
}
