import { openCase, type Case } from "../casefolder/case-reader.ts";
import { DamagedCase } from "../casefolder/damaged-case.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";

/** Opens a case folder. Throws `Failure` when its manifest cannot be read or trusted. */
export function openCaseOr(path: string): Case {
  try {
    return openCase(path);
  } catch (error) {
    if (!(error instanceof DamagedCase) && errnoOf(error) === "") throw error;
    throw new Failure(
      `the case ${safe(path)} cannot be used: ${safe(error instanceof DamagedCase ? error.message : reasonOf(error))}`,
      "copy the whole folder again from where it was recorded",
    );
  }
}
