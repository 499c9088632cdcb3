import type { Untrusted } from "../../model/text.ts";
import { nicknamed, parseSchedule, type Schedule } from "./schedule.ts";
import { addProblem } from "../files/read-config.ts";
import type { Problem } from "../types.ts";

/** A line of a crontab that starts something. */
export interface CronEntry {
  line: number;
  /** As written: five fields, or `@daily`. */
  when: Untrusted;
  /** Null: at boot. */
  schedule: Schedule | null;
  /** Of a system table; null where the table is a user's. */
  user: Untrusted | null;
  /** What the shell is given: up to the first `%` that has no backslash; the rest is its standard input. */
  command: Untrusted;
  /** Variables set above it. */
  environment: ReadonlyMap<Untrusted, Untrusted>;
}

export interface Crontab {
  entries: CronEntry[];
  /** A line that cron cannot read; Debian's cron starts nothing of the whole table then. */
  broken: boolean;
}

/** Most lines that Debian's cron reads; it ignores a longer table. */
const MAX_LINES = 10_000;

/**
 * Reads a crontab by the rules of crontab(5) and of Vixie cron 3.0pl1 (src/entry.c, src/env.c).
 * @param system whether a user stands between schedule and command
 */
export function readCrontab(text: Untrusted, file: Untrusted, system: boolean, problems: Problem[]): Crontab {
  const lines = text.split("\n");
  const table: Crontab = { entries: [], broken: false };
  const refuse = (line: number | null, why: string): void => {
    addProblem(problems, file, line, why);
    table.broken = true;
  };
  if (lines.length > MAX_LINES + 1) refuse(null, `more than ${MAX_LINES} lines: cron ignores the file`);
  if (text !== "" && !text.endsWith("\n")) refuse(lines.length, "no newline at the end: cron ignores the file");
  let environment = new Map<Untrusted, Untrusted>();
  for (const [i, whole] of lines.slice(0, MAX_LINES).entries()) {
    const line = i + 1;
    const nul = whole.indexOf("\0");
    if (nul >= 0) addProblem(problems, file, line, "NUL byte: the rest of the line is not read");
    const said = (nul < 0 ? whole : whole.slice(0, nul)).replace(/^[ \t]+/, "");
    if (said === "" || said.startsWith("#")) continue;
    const variable = variableOf(said);
    if (variable !== null) {
      environment = new Map(environment).set(...variable);
      continue;
    }
    const entry = entryOf(said, system);
    if ("wrong" in entry) refuse(line, `${entry.wrong}: cron ignores the file`);
    else table.entries.push({ ...entry, line, environment });
    if (said.endsWith("\r")) addProblem(problems, file, line, "carriage return at the end becomes part of the command");
  }
  return table;
}

/** `NAME = value`, either of them quoted or not (`load_env`); a value must not be empty, unless it is quoted. */
function variableOf(line: Untrusted): [Untrusted, Untrusted] | null {
  const name = /^(?:"([^"]*)"|'([^']*)'|([^\s="'][^\s=]*)?)[ \t]*=[ \t]*/.exec(line);
  if (name === null) return null;
  const rest = line.slice(name[0].length).replace(/[ \t]+$/, "");
  const quote = rest[0];
  const key = name[1] ?? name[2] ?? name[3] ?? "";
  if (quote !== '"' && quote !== "'") return rest === "" ? null : [key, rest];
  // Nothing may stand behind the closing quote.
  return rest.indexOf(quote, 1) === rest.length - 1 && rest.length > 1 ? [key, rest.slice(1, -1)] : null;
}

function entryOf(line: Untrusted, system: boolean): Omit<CronEntry, "line" | "environment"> | { wrong: string } {
  // Words are cut one by one: an expression for six of them would try many ways on a long line.
  let rest = line;
  const word = (): Untrusted => {
    const end = rest.search(/[ \t]/);
    const found = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? "" : rest.slice(end).replace(/^[ \t]+/, "");
    return found;
  };
  const fields = [word()];
  let schedule: Schedule | null = null;
  if (line.startsWith("@")) {
    schedule = nicknamed(fields[0] as string);
    if (schedule === null && fields[0] !== "@reboot") return { wrong: "bad time specifier" };
  } else {
    while (fields.length < 5) fields.push(word());
    const parsed = parseSchedule(fields);
    if ("wrong" in parsed) return parsed;
    schedule = parsed;
  }
  const user = system ? word() : null;
  if (user === "") return { wrong: "bad username" };
  const end = /(?:^|[^\\])%/.exec(rest);
  const command = end === null ? rest : rest.slice(0, end.index + end[0].length - 1);
  return { when: fields.join(" "), schedule, user, command: command.replaceAll("\\%", "%") };
}
