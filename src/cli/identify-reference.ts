import { compareWith } from "../identity/evidence/reference.ts";
import { fetchReference, type NotFetched } from "../identity/evidence/fetch.ts";
import type { Examiner } from "../identity/index.ts";
import type { IdentifiedFile, NotLooked } from "../identity/result.ts";
import type { Owner } from "../identity/types.ts";
import type { Untrusted } from "../model/text.ts";
import { reasonOf } from "../platform/errno.ts";
import { openRoot, type Root } from "../platform/root.ts";
import { safe } from "../report/text/sanitise.ts";
import type { IdentifyFlags } from "./commands/identify.ts";
import { Failure } from "./failure.ts";
import { targetOf } from "./identify-target.ts";
import { rawArguments } from "./raw-arguments.ts";

/** Puts the one judged file beside its reference. Throws `Failure` for what cannot be asked or had. */
export async function addReference(
  answers: (IdentifiedFile | NotLooked)[],
  root: Root | null,
  examiner: Examiner,
  { reference, fetchReference: fetch }: IdentifyFlags,
): Promise<void> {
  const [answer, ...more] = answers;
  if (answer === undefined || more.length > 0) {
    throw new Failure("a reference is for one file", "whoforks identify --reference at.deb /usr/bin/atd");
  }
  // What is not there has nothing to compare; the answer says so.
  if (!("verdict" in answer) || answer.file === null) return;
  const at = root ?? openRoot("/");
  const host = openRoot("/");
  if (reference !== undefined) {
    const [given = reference] = rawArguments([reference]);
    const target = targetOf(given, host);
    return compare(answer, at, host, "path" in target ? target.path : given);
  }
  if (fetch !== true) return;
  if (at.dir !== "/") {
    throw new Failure(
      "--fetch-reference asks this host's package manager, which knows nothing of --root",
      "download the package yourself and give it with --reference",
    );
  }
  const owner = packageOf(answer);
  if (owner === null)
    throw new Failure(`no package can be told for ${safe(answer.path)}`, "give a file with --reference");
  const fetched = fetchReference(owner, examiner);
  if ("failed" in fetched) {
    throw new Failure(
      `package ${safe(owner.package)} ${safe(owner.version)} cannot be downloaded: ${whyNot(fetched)}`,
      fetched.failed === "output" ? undefined : "download the package yourself and give it with --reference",
    );
  }
  try {
    await compare(answer, at, host, fetched.file);
  } finally {
    fetched.remove();
  }
}

function whyNot({ failed, what }: NotFetched): string {
  const name = safe(what);
  switch (failed) {
    case "no-way":
      return `whoforks has no way to ask ${name} for it`;
    case "no-program":
      return `there is no ${name}`;
    case "program-altered":
      return `${name} is not what its package shipped, or nothing vouches for it, so it is not run`;
    case "odd-name":
      return "such a name or version no package has";
    default:
      return name;
  }
}

/** The package that owns it, or the one whose program it bears the name of. */
function packageOf({ owner, claims, twins }: IdentifiedFile): Owner | null {
  return owner ?? twins.find((twin) => twin.owner?.package === claims?.package)?.owner ?? null;
}

async function compare(answer: IdentifiedFile, root: Root, host: Root, path: Untrusted): Promise<void> {
  try {
    const found = await compareWith(root, answer, host, path);
    if (found === null) throw new Failure(`${safe(path)} is no regular file`);
    answer.reference = found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Failure(`${safe(path)} cannot be read: ${reasonOf(error)}`);
  }
}
