import { rmSync } from "node:fs";
import { DamagedCase } from "../casefolder/damaged-case.ts";
import { caseInside, unpackCase } from "../casefolder/packed.ts";
import { errnoOf, reasonOf } from "../platform/errno.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";

/** Unpacks a case for as long as `use` takes. What was unpacked is gone afterwards, also after a second Ctrl-C. */
export async function withUnpacked<T>(path: string, use: (folder: string) => Promise<T>): Promise<T> {
  const unpacked = await unpackedOr(path);
  const remove = (): void => rmSync(unpacked, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await use(caseInside(unpacked));
  } finally {
    process.removeListener("exit", remove);
    remove();
  }
}

async function unpackedOr(path: string): Promise<string> {
  try {
    return await unpackCase(path);
  } catch (error) {
    if (!(error instanceof DamagedCase) && errnoOf(error) === "") throw error;
    throw new Failure(
      `the packed case ${safe(path)} cannot be used: ${safe(error instanceof DamagedCase ? error.message : reasonOf(error))}`,
      "give a case packed as a whole: tar -czf CASE.tar.gz CASE; TMPDIR names the place where it is unpacked",
    );
  }
}
