import { CaseWriter, type CaseAccount, type CaseFacts } from "../casefolder/case-writer.ts";
import type { RecordedAnswer } from "../diagnosis/lookup.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";

/** Keeps a live run as a case: what comes from the capture, and the answers about programs as the diagnosis finds them. */
export interface Keeper {
  readonly writer: CaseWriter;
  readonly answers: RecordedAnswer[];
  finish(facts: Omit<CaseFacts, "answers" | "configuration">): CaseAccount;
}

/** Makes the case folder. Throws `Failure` when it cannot be made. */
export function createKeeper(path: string, redact: boolean): Keeper {
  let writer: CaseWriter;
  try {
    writer = new CaseWriter(path, redact);
  } catch (error) {
    const taken = errnoOf(error) === "EEXIST";
    throw new Failure(
      taken ? `${safe(path)} is there already` : `cannot make the case ${safe(path)}: ${safe(reasonOf(error))}`,
      taken ? "name a folder that is not there yet: nothing is overwritten" : "name a folder that can be made",
    );
  }
  const answers: RecordedAnswer[] = [];
  return {
    writer,
    answers,
    finish: (facts) =>
      writer.finish({
        ...facts,
        answers,
        configuration: answers.flatMap(({ root, restarts }) =>
          root === null ? [] : restarts.map(({ restart }) => ({ root, path: restart.file })),
        ),
      }),
  };
}

/** Says on standard error what a case lacks; nothing when it is complete. */
export function reportGaps({ path, problems }: CaseAccount): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, 5).map((problem) => `\n  ${safe(problem)}`);
  process.stderr.write(`whoforks: the case ${safe(path)} is not complete${lines.join("")}\n`);
}
