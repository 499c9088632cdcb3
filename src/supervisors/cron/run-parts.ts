import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { attempt, listConfig, type Budget } from "../files/read-config.ts";
import { readStarted } from "../commands/scripts.ts";
import type { Job, JobReading } from "../types.ts";

/** Names that run-parts(8) runs: others, with a dot for example, are passed over in silence. */
export const RUN_PARTS_NAME = /^[A-Za-z0-9_-]+$/;
/** Most directories that one command is read for. */
const MAX_DIRECTORIES = 8;

/** Directories that a command hands to run-parts: `cd / && run-parts --report /etc/cron.hourly`. */
export function runPartsOf(command: Untrusted): Untrusted[] {
  const words = command.split(/[\s;&|(){}"']+/);
  const found: Untrusted[] = [];
  for (let at = words.indexOf("run-parts"); at >= 0 && found.length < MAX_DIRECTORIES;) {
    const directory = words.slice(at + 1).find((word) => !word.startsWith("-"));
    if (directory?.startsWith("/") === true) found.push(directory);
    at = words.indexOf("run-parts", at + 1);
  }
  return found;
}

/** A job for each file that run-parts would run there, started as `by` is. */
export function* runPartsJobs(
  root: Root,
  directory: Untrusted,
  by: Job,
  { jobs, problems }: JobReading,
  budget: Budget,
): Generator<undefined, void> {
  for (const name of listConfig(root, directory, problems)) {
    yield;
    const file = `${directory}/${name}`;
    if (!RUN_PARTS_NAME.test(name)) continue;
    const runs = attempt(problems, file, false, () => {
      const stat = root.stat(file);
      return stat?.isFile() === true && (stat.mode & 0o111n) !== 0n;
    });
    const started = runs ? readStarted(root, file, problems, budget) : null;
    if (started === null) continue;
    const { path, ...what } = started;
    jobs.push({
      ...by,
      unit: name,
      definition: by.file,
      ...what,
      file,
      directive: "run-parts",
      // What the script becomes, or the script itself, which then starts what it mentions.
      program: what.program ?? file,
      line: what.line ?? 1,
      searchPath: path ?? by.searchPath,
    });
  }
}
