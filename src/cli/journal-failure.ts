import { JournalError, type JournalProblem } from "../journal/errors.ts";
import type { Words } from "../journal/types.ts";
import { safe } from "../report/text/sanitise.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";

type Text = (args: Words["args"]) => [message: string, remedy: string | null];

const given = (value: unknown): string =>
  safe(typeof value === "string" || typeof value === "number" ? `${value}` : "?");

const TEXTS: Readonly<Record<JournalProblem, Text>> = {
  locked: ({ pid, what }) => [
    `another run is under way (${given(what)}, pid ${given(pid)})`,
    "wait until it has ended: one run at a time changes a host",
  ],
  "no-calls": ({ why }) => [`cannot be done without the npm package koffi: ${given(why)}`, "npm install koffi"],
  "unsafe-folder": ({ dir, why }) => [
    `the state folder ${given(dir)} is not root's alone: ${given(why)}`,
    "see who made it so; chown root and chmod 700 it, or name another by WHOFORKS_STATE",
  ],
  unusable: ({ dir, why }) => [
    `the journal in ${given(dir)} cannot be written, so nothing is changed: ${given(why)}`,
    "make room, or name a folder on another file system by WHOFORKS_STATE",
  ],
  "unknown-run": ({ id }) => [`there is no run ${given(id)}`, "whoforks quarantine --list"],
  "unreadable-run": ({ id }) => [`the journal of ${given(id)} is damaged from its first record on`, null],
};

/** What to tell the user of a journal that cannot be used. */
export function journalFailure(error: unknown): unknown {
  if (!(error instanceof JournalError)) return error;
  const [message, remedy] = TEXTS[error.problem](error.args);
  const exit = error.problem === "unreadable-run" ? EXIT.notUndone : EXIT.usage;
  return new Failure(message, remedy, exit);
}

/** Changing a host is root's. */
export function needRoot(command: string): void {
  if (process.geteuid?.() !== 0)
    throw new Failure(
      `${command} changes the host, which only root may`,
      `sudo whoforks ${command} …`,
      EXIT.noPrivilege,
    );
}
