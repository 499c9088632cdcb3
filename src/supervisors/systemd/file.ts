import { isUtf8, type Untrusted } from "../../model/text.ts";
import { addProblem } from "../files/read-config.ts";
import type { Problem } from "../types.ts";

/** One `Key=value` of a unit file, in the order of reading. */
export interface Assignment {
  section: string;
  key: string;
  /** Without the blanks around it; continued lines are joined by one blank, as systemd does. */
  value: Untrusted;
  file: Untrusted;
  /** Line on which the assignment begins, 1-based, counting newline characters. */
  line: number;
}

/** What a unit or configuration file says, up to the place where systemd stops reading it, if any. */
export interface UnitFile {
  assignments: Assignment[];
  /** Where and why systemd stops. It then refuses a unit; of a drop-in it keeps what stands before. */
  broken: { line: number; why: string } | null;
}

/**
 * Reads one unit or configuration file as systemd.syntax(7) and `config_parse` (src/shared/conf-parser.c) do. Comments
 * begin with `#` or `;` and may stand between continued lines. A line that is not valid UTF-8 and a section header
 * without its end stop the reading.
 */
export function parseUnitFile(text: Untrusted, file: Untrusted, problems: Problem[]): UnitFile {
  const read: UnitFile = { assignments: [], broken: null };
  let section = "";
  let pending: { pieces: Untrusted[]; line: number } | null = null;
  const finish = (whole: Untrusted, line: number): void => {
    const stripped = trim(whole);
    const equals = stripped.indexOf("=");
    const ignored = (why: string): void => addProblem(problems, file, line, `${why}: systemd ignores the line`);
    if (stripped === "") return;
    if (!isUtf8(stripped)) read.broken = { line, why: "not valid UTF-8" };
    else if (stripped.startsWith("[")) {
      if (stripped.endsWith("]")) section = stripped.slice(1, -1);
      else read.broken = { line, why: "section header without ]" };
    } else if (equals < 0) ignored("neither a section nor an assignment");
    else if (equals === 0) ignored("assignment without a key");
    else if (section === "") ignored("assignment outside of a section");
    else
      read.assignments.push({
        section,
        key: trim(stripped.slice(0, equals)),
        value: trim(stripped.slice(equals + 1)),
        file,
        line,
      });
  };
  for (const { text: raw, line } of linesOf(text)) {
    if (read.broken !== null) break;
    const start = raw.search(/[^ \t]/);
    if (start >= 0 && "#;".includes(raw[start] as string)) continue;
    const piece = pending === null ? raw : raw.slice(Math.max(start, 0));
    const logical: { pieces: Untrusted[]; line: number } = pending ?? { pieces: [], line };
    const goesOn = endsInBackslash(piece);
    logical.pieces.push(goesOn ? `${piece.slice(0, -1)} ` : piece);
    pending = goesOn ? logical : null;
    if (!goesOn) finish(logical.pieces.join(""), logical.line);
  }
  if (pending !== null && read.broken === null) finish(pending.pieces.join(""), pending.line);
  if (read.broken !== null)
    addProblem(problems, file, read.broken.line, `${read.broken.why}: systemd reads no further`);
  return read;
}

/** Blanks as systemd's WHITESPACE has them; String.trim would take more. */
function trim(text: Untrusted): Untrusted {
  return text.replace(/^[ \t\n\r]+|(?<![ \t\n\r])[ \t\n\r]+$/g, "");
}

/** An odd number of backslashes at the end. */
function endsInBackslash(text: Untrusted): boolean {
  let count = 0;
  while (text[text.length - 1 - count] === "\\") count++;
  return count % 2 === 1;
}

/**
 * Lines as `read_line` of systemd splits them: newline, carriage return and NUL each end a line, and different ones in
 * a row count as one end. So an assignment can hide behind a carriage return in what an editor shows as one line.
 */
function* linesOf(text: Untrusted): Generator<{ text: Untrusted; line: number }> {
  let line = 1;
  let at = text.startsWith("\ufeff") ? 1 : 0;
  while (at < text.length) {
    let end = at;
    while (end < text.length && !LINE_ENDS.includes(text[end] as string)) end++;
    yield { text: text.slice(at, end), line };
    let seen = "";
    while (end < text.length && LINE_ENDS.includes(text[end] as string) && !seen.includes(text[end] as string)) {
      seen += text[end];
      if (text[end] === "\n") line++;
      end++;
    }
    at = end;
  }
}

const LINE_ENDS = "\n\r\0";
