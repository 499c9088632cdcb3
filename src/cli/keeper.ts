import { lstatSync } from "node:fs";
import { CaseWriter, type CaseAccount, type CaseFacts } from "../casefolder/case-writer.ts";
import { isPackedName, packCase, unfinishedFolder } from "../casefolder/pack.ts";
import type { RecordedAnswer } from "../diagnosis/lookup.ts";
import { packageFacts } from "../diagnosis/package-facts.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";

/** Keeps a live run as a case: what comes from the capture, and the answers about programs as the diagnosis finds them. */
export interface Keeper {
  readonly writer: CaseWriter;
  readonly answers: RecordedAnswer[];
  finish(facts: Omit<CaseFacts, "answers" | "configuration" | "excerpts" | "excerptsMissing">): Promise<CaseAccount>;
}

/** Whether files of configuration are copied into it, as they stand. */
export type Copies = "whole" | "without-configuration";

/** Makes the case folder, to be packed in the end if its name says so. Throws `Failure` when it cannot be made. */
export function createKeeper(path: string, redact: boolean, copies: Copies = "whole"): Keeper {
  const packed = isPackedName(path);
  const kind = packed ? "file" : "folder";
  let writer: CaseWriter;
  try {
    if (packed && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw Object.assign(new Error(`EEXIST: ${path}`), { code: "EEXIST" });
    writer = new CaseWriter(packed ? unfinishedFolder(path) : path, redact);
  } catch (error) {
    const taken = errnoOf(error) === "EEXIST";
    throw new Failure(
      taken ? `${safe(path)} is there already` : `cannot make the case ${safe(path)}: ${safe(reasonOf(error))}`,
      taken ? `name a ${kind} that is not there yet: nothing is overwritten` : `name a ${kind} that can be made`,
    );
  }
  const answers: RecordedAnswer[] = [];
  return {
    writer,
    answers,
    async finish(facts) {
      const account = writer.finish({
        ...facts,
        answers,
        configuration: answers.flatMap(({ root, restarts }) =>
          root === null || copies === "without-configuration"
            ? []
            : restarts.map(({ restart }) => ({ root, path: restart.file })),
        ),
        ...(await packageFacts(answers)),
      });
      return packed ? packCase(account, path) : account;
    },
  };
}

/** Says on standard error what a case lacks; nothing when it is complete. */
export function reportGaps({ path, problems, notPacked }: CaseAccount): void {
  if (notPacked !== undefined) {
    const why = `${safe(notPacked.path)} cannot be made (${safe(notPacked.why)})`;
    process.stderr.write(`whoforks: ${why}; the case is kept as the folder ${safe(path)}\n`);
  }
  if (problems.length === 0) return;
  const lines = problems.slice(0, 5).map((problem) => `\n  ${safe(problem)}`);
  process.stderr.write(`whoforks: the case ${safe(path)} is not complete${lines.join("")}\n`);
}
