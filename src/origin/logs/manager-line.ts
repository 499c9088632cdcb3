import type { Untrusted } from "../../model/text.ts";
import { namesPath } from "../names.ts";
import type { Place, Telling } from "../told.ts";
import type { Question } from "../types.ts";
import type { Transactions } from "./transactions.ts";

/** What a line of a package manager's log says; null: neither of them. */
export type ManagerLine =
  { action: string; name: Untrusted; version: Untrusted | null } | { command: Untrusted } | null;

/**
 * Tells a line of a log with a line a package: what was done to the packages in question, and in short to others; the commands
 * that ran near the file's times; any other line that names the file.
 * @param rest the line without its time
 */
export function tellManagerLine(
  line: ManagerLine,
  ms: number,
  rest: Untrusted,
  place: Place,
  { packages, moments, names }: Question,
  telling: Telling,
  others: Transactions,
): void {
  if (line !== null && "action" in line) {
    const { action, name, version } = line;
    if (!packages.includes(name)) return others.add(ms, name, place);
    return telling.event(ms, "package", "origin.package-action", { action, package: name, version }, place);
  }
  if (line !== null && moments.near(ms)) {
    telling.event(ms, "around", "origin.manager-run", { command: line.command }, place);
  } else if (namesPath(rest, names)) {
    telling.event(ms, "file", "origin.install-output", { line: rest }, place);
  }
}
