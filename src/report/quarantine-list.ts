import type { QuarantineList } from "../quarantine/result.ts";
import { labelled, reportOf } from "./layout.ts";
import { openSheet, type TerminalOptions } from "./screen.ts";
import { render, say } from "./text/catalogue/index.ts";
import { name, words } from "./text/voice.ts";

/** What is in quarantine or was left unfinished: one block a run. */
export function quarantineListReport(list: QuarantineList, options: TerminalOptions): string {
  // Paths and digests are what a reader needs whole here.
  const sheet = openSheet({ ...options, verbose: true });
  const { voice, paint } = sheet;
  const blocks = list.quarantines.map(({ id, path, state, at, action, sha256, stored }) => [
    (state === "standing" ? paint.bold : paint.red)(words(voice, id)),
    ...labelled(sheet, say(voice, "quarantine.label.file"), [
      name(voice, path),
      ...(sha256 === null ? [] : [say(voice, "quarantine.sha256", { sha256 })]),
      render(voice, `quarantine.list.${state}`, { at, action }),
    ]),
    ...(stored === null ? [] : labelled(sheet, say(voice, "quarantine.label.stored"), [name(voice, stored)])),
  ]);
  const damaged = list.unreadable.map((id) => [say(voice, "quarantine.list.unreadable", { id })]);
  if (blocks.length + damaged.length === 0) return reportOf([[say(voice, "quarantine.list.none")]]);
  return reportOf([...blocks, ...damaged]);
}
