import { isoTime } from "../../identity/file-facts.ts";
import type { KeptQuestion, SignOf } from "../types.ts";

const DAY = 86_400n * 1_000_000_000n;

/** The inode was changed long after birth and last writing: renamed, linked, given another mode, owner or time. */
export const changedLaterSigns: SignOf<KeptQuestion> = ({ question, file }) => {
  const { birth, change, modification } = file;
  const since = birth === null || birth < modification ? modification : birth;
  if (change - since < DAY) return [];
  // A package's files are older than their installation, and without a birth nothing tells when that was.
  if (question.identity?.verdict === "genuine" && birth === null) return [];
  return [
    {
      code: birth === null ? "origin.changed-long-after-modification" : "origin.changed-later",
      args: {
        change: isoTime(change),
        birth: birth === null ? null : isoTime(birth),
        modification: isoTime(modification),
        days: Number((change - since) / DAY),
      },
      weight: "weak",
      otherwise: birth === null ? "origin.otherwise.kept-times" : "origin.otherwise.renamed",
    },
  ];
};
