import { isoTime } from "../../identity/file-facts.ts";
import { placeOf } from "../../identity/places.ts";
import type { KeptQuestion, SignOf } from "../types.ts";
import type { Sign } from "../result.ts";

const SECOND = 1_000_000_000n;
/** An archive sets the times of a file as soon as it has written it. */
const AT_ONCE = 10n * SECOND;

/**
 * A modification before the birth was set by a program (utimensat(2)), as tar, cp -p, rsync -t and package managers do while
 * they write the file. Set long after the birth, it was set for its own sake.
 */
export const setBackSigns: SignOf<KeptQuestion> = ({ question, file }): Sign[] => {
  const { birth, change, modification } = file;
  const { identity, path } = question;
  if (birth === null || modification >= birth - 2n * SECOND) return [];
  const times = { modification: isoTime(modification), birth: isoTime(birth), change: isoTime(change) };
  const packaged = identity?.owner != null && identity.verdict === "genuine";
  if (packaged) return [];
  const place = placeOf(path);
  const ruled = place === "programs" || place === "ruled";
  const signs: Sign[] = [];
  if (change > birth + AT_ONCE) {
    signs.push({
      code: "origin.set-back-later",
      args: { ...times, seconds: Number((change - birth) / SECOND) },
      weight: ruled ? "medium" : "weak",
      otherwise: "origin.otherwise.moved-later",
    });
  } else {
    signs.push({
      code: "origin.modified-before-birth",
      args: { ...times, seconds: Number((birth - modification) / SECOND) },
      weight: "weak",
      otherwise: "origin.otherwise.kept-times",
    });
  }
  if (modification % SECOND === 0n && birth % SECOND !== 0n) {
    signs.push({
      code: "origin.modified-whole-second",
      args: times,
      weight: "weak",
      otherwise: "origin.otherwise.whole-seconds",
    });
  }
  return signs;
};
