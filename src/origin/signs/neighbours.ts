import { isoTime } from "../../identity/file-facts.ts";
import { directoryOf } from "../../identity/places.ts";
import type { Untrusted } from "../../model/text.ts";
import { birthOf } from "../file-times.ts";
import type { SignOf } from "../types.ts";
import type { Sign } from "../result.ts";

const SECOND = 1_000_000_000n;
const MOST = 20_000;

/**
 * `touch -r` gives a file the time of another to the nanosecond. Looks for one with that time in the file's directory, and at
 * the program whose name it bears. Files written together share a time by nature, so only a time before the birth counts.
 */
export const neighbourSigns: SignOf = ({ question, file }): Sign[] => {
  const { root, path, identity, examiner } = question;
  const { birth, modification } = file;
  if (birth === null || modification >= birth - 2n * SECOND) return [];
  if (identity?.owner != null && identity.verdict === "genuine") return [];
  const directory = directoryOf(path);
  const isExact = modification % SECOND !== 0n;
  let copied: { path: Untrusted; package: string | null } | null = null;
  const names = namesIn(question.root, directory).slice(0, MOST);
  const claimed = identity?.claims?.path;
  const others = names.map((name) => (directory === "/" ? `/${name}` : `${directory}/${name}`));
  for (const other of claimed === undefined ? others : [claimed, ...others]) {
    let stat;
    try {
      stat = root.lstat(other);
    } catch {
      continue;
    }
    if (stat === null || stat.mtimeNs !== modification || (stat.ino === file.inode && stat.dev === file.device))
      continue;
    const otherBirth = birthOf(stat);
    // Unpacked together: no copy of a time.
    if (otherBirth !== null && abs(otherBirth - birth) < 60n * SECOND) continue;
    const owner = examiner.ownerOf(other)?.package ?? null;
    // Whole seconds coincide now and then; with a packaged file's they are worth telling.
    if (!isExact && owner === null) continue;
    copied = { path: other, package: owner };
    break;
  }
  if (copied === null) return [];
  return [
    {
      code: "origin.time-of-another",
      args: { ...copied, modification: isoTime(modification) },
      weight: isExact ? "strong" : "medium",
      otherwise: isExact ? "origin.otherwise.one-archive" : "origin.otherwise.same-second",
    },
  ];
};

function namesIn(root: Parameters<SignOf>[0]["question"]["root"], directory: Untrusted): Untrusted[] {
  try {
    return root.list(directory) ?? [];
  } catch {
    return [];
  }
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
