import { concernOf, type Identity } from "../identity/index.ts";
import { IDENTITIES_SCHEMA, type Identities, type IdentifiedFile, type NotLooked } from "../identity/result.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";
import { FilesOfCase, withCase } from "./files-of-case.ts";
import { openCaseOr } from "./open-case.ts";
import { targetOf } from "./identify-target.ts";

/**
 * What a case holds of the files or processes that are asked for, or, where none is, of all programs that it has an answer
 * about. Nothing is judged again: neither the files nor the package database are in the case. Throws `Failure` when it is no
 * case, or cannot be trusted.
 */
export async function identitiesOfCase(
  from: string,
  texts: readonly Untrusted[],
  version: string,
): Promise<Identities> {
  return withCase(from, async (folder) => {
    const kept = openCaseOr(folder);
    const files = new FilesOfCase(kept);
    const answers: (IdentifiedFile | NotLooked)[] =
      texts.length > 0
        ? texts.map((text) => answerTo(text, files, [kept.before, kept.after]))
        : files.identities.length > 0
          ? files.identities.map((identity) => found(identity, null))
          : [{ what: from, code: "identify.case-empty", args: {}, error: null }];
    const damaged = kept.damaged.map(({ name, why }): NotLooked => {
      return { what: name, code: "identify.case-damaged", args: { part: name, why }, error: null };
    });
    const footing = kept.run?.footing ?? null;
    return {
      schema: IDENTITIES_SCHEMA,
      tool: { name: "whoforks", version },
      identities: answers.filter((answer) => "verdict" in answer),
      couldNotLook: [...answers.filter((answer) => "what" in answer), ...damaged],
      ...(footing === null ? {} : { footing }),
    };
  });
}

type Snapshots = readonly ({ processes: ReadonlyMap<number, ProcFacts> } | null)[];

function answerTo(text: Untrusted, files: FilesOfCase, snapshots: Snapshots): IdentifiedFile | NotLooked {
  if (!/^(?:\/|\d+$)/.test(text)) {
    throw new Failure(
      `${safe(text)} is relative, and a case has no working directory`,
      "name the whole path: whoforks identify --from web1.case /usr/bin/atd",
    );
  }
  const target = targetOf(text, null);
  if ("path" in target) {
    const { path } = target;
    const identity = files.find(path);
    if (identity !== null) return found(identity, null);
    return { what: path, code: "identify.case-no-answer", args: { path }, error: null };
  }
  const { pid } = target;
  const facts = snapshots.map((one) => one?.processes.get(pid)).find((one) => one !== undefined);
  if (facts === undefined) return { what: String(pid), code: "identify.case-no-process", args: { pid }, error: null };
  const identity = facts.exe === null ? null : files.find(facts.exe);
  if (identity !== null) return found(identity, facts);
  return { what: String(pid), code: "identify.case-no-answer", args: { path: facts.exe ?? facts.comm }, error: null };
}

/** Without commands that check it: they would look at this host. */
function found(identity: Identity, facts: ProcFacts | null): IdentifiedFile {
  const { pid = 0, comm = "", argv = null } = facts ?? {};
  const process = facts === null ? null : { pid, comm, argv0: argv?.[0] ?? null };
  return { ...identity, concern: concernOf(identity), process, checks: [] };
}
