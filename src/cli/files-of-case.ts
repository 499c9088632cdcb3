import type { Case } from "../casefolder/case-reader.ts";
import { isCase } from "../casefolder/is-case.ts";
import { isPackedCase } from "../casefolder/is-packed-case.ts";
import { recordedIdentities } from "../diagnosis/recorded.ts";
import type { Identity } from "../identity/index.ts";
import type { Untrusted } from "../model/text.ts";
import { namesOf, realName, type MergedDirectories } from "../platform/merged.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";
import { withUnpacked } from "./packed-case.ts";

/** Opens a case, a folder or packed, for as long as `use` takes. Throws `Failure` when it is none. */
export async function withCase<T>(from: string, use: (folder: string) => Promise<T>): Promise<T> {
  if (isCase(from)) return use(from);
  if (await isPackedCase(from)) return withUnpacked(from, use);
  throw new Failure(`${safe(from)} is no case`, "make one with whoforks record -o web1.case");
}

/** The files that a case has an answer about, by any of the names that merged directories gave them. */
export class FilesOfCase {
  /** Empty where no answers are kept, or they are damaged. */
  readonly identities: readonly Identity[];
  readonly #merged: MergedDirectories;

  constructor({ answers, run }: Case) {
    this.identities = answers === null ? [] : (recordedIdentities(answers) ?? []);
    this.#merged = run?.mergedDirectories ?? [];
  }

  names(path: Untrusted): Untrusted[] {
    return namesOf(path, this.#merged);
  }

  realName(path: Untrusted): Untrusted {
    return realName(path, this.#merged);
  }

  /** Null: the case has no answer about it. */
  find(path: Untrusted): Identity | null {
    const wanted = new Set(this.names(path).flatMap((name) => [name, `${name} (deleted)`]));
    return this.identities.find((one) => wanted.has(one.path)) ?? null;
  }
}
