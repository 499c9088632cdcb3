import * as fs from "node:fs";
import { describe, expect, it } from "vitest";
import { examiner } from "../../../src/identity/index.ts";
import { fileTimes, tellsBirth } from "../../../src/origin/file-times.ts";
import { Zone } from "../../../src/origin/logs/zone.ts";
import { Moments } from "../../../src/origin/moments.ts";
import { signs } from "../../../src/origin/signs/index.ts";
import type { FileInQuestion, Question } from "../../../src/origin/types.ts";
import { openRoot, type Root } from "../../../src/platform/root.ts";
import { rootWith } from "./made.ts";

const SECOND = 1_000_000_000n;
const NOW = BigInt(Date.UTC(2026, 10, 29)) * 1_000_000n;
const DAY = 86_400n * SECOND;

/** Signs of a file with these times in /usr/bin, of no package, whose neighbour has others. */
function signsOf(
  times: Partial<FileInQuestion>,
  neighbour: { birth: bigint; modification: bigint } | null = null,
): string[] {
  const dir = rootWith({ "usr/bin/atd": "x", "usr/bin/other": "y" });
  const real = openRoot(dir);
  const root: Root = {
    ...real,
    dir: real.dir,
    list: (path) => real.list(path),
    // What no test can wait for: a neighbour that is older than this run.
    lstat(path) {
      const stat = real.lstat(path);
      if (stat === null || neighbour === null || !path.endsWith("other")) return stat;
      return Object.assign(stat, { birthtimeNs: neighbour.birth, mtimeNs: neighbour.modification });
    },
  };
  const file = { ...fileTimes(fs.statSync(`${dir}/usr/bin/atd`, { bigint: true })), ...times };
  const question: Question = {
    root,
    path: "/usr/bin/atd",
    names: ["/usr/bin/atd"],
    file,
    identity: null,
    packages: [],
    moments: new Moments([], 600_000),
    zone: Zone.named("UTC") as Zone,
    examiner: examiner(real),
    now: Number(NOW / 1_000_000n),
    live: false,
    histories: false,
  };
  return signs.flatMap((sign) => sign({ question, file, events: [] })).map(({ code, weight }) => `${weight} ${code}`);
}

const born = NOW - 10n * DAY + 123_456_789n;

describe("times that were set", () => {
  it.each<[string, Partial<FileInQuestion>, string[]]>([
    ["written once", { birth: born, change: born, modification: born }, []],
    ["written again since", { birth: born, change: born + 5n * DAY, modification: born + 5n * DAY }, []],
    [
      "unpacked",
      { birth: born, change: born, modification: born - 300n * DAY + 5n },
      ["weak origin.modified-before-birth"],
    ],
    [
      "touched to a whole second while it was made",
      { birth: born, change: born, modification: ((born - 300n * DAY) / SECOND) * SECOND },
      ["weak origin.modified-before-birth", "weak origin.modified-whole-second"],
    ],
    [
      "set back an hour after it was made",
      { birth: born, change: born + 3600n * SECOND, modification: born - 300n * DAY + 5n },
      ["medium origin.set-back-later"],
    ],
    ["renamed days later", { birth: born, change: born + 3n * DAY, modification: born }, ["weak origin.changed-later"]],
    [
      "set ahead",
      { birth: born, change: born, modification: born + 3n * DAY },
      ["medium origin.modified-after-change"],
    ],
    [
      "of a clock that went back",
      { birth: born, change: born - DAY, modification: born - DAY },
      ["medium origin.changed-before-birth", "weak origin.modified-before-birth"],
    ],
    [
      "of the future",
      { birth: NOW + 9n * DAY, change: NOW + 9n * DAY, modification: NOW + 9n * DAY },
      ["medium origin.time-in-future", "medium origin.time-in-future", "medium origin.time-in-future"],
    ],
    [
      "without a birth",
      { birth: null, change: born, modification: born - 300n * DAY },
      ["weak origin.changed-long-after-modification"],
    ],
  ])("%s", (_, times, expected) => {
    expect(signsOf(times)).toEqual(expected);
  });

  it("to those of a neighbour that is older: to the nanosecond strong, together with its birth none", () => {
    const modification = born - 300n * DAY + 5n;
    const times = { birth: born, change: born, modification };
    expect(signsOf(times, { birth: born - 200n * DAY, modification })).toContain("strong origin.time-of-another");
    expect(signsOf(times, { birth: born - 5n * SECOND, modification })).not.toContain("strong origin.time-of-another");
    expect(signsOf(times, { birth: born - 200n * DAY, modification: modification + 1n })).not.toContain(
      "strong origin.time-of-another",
    );
    // A whole second of a neighbour that no package owns happens by chance.
    const whole = ((born - 300n * DAY) / SECOND) * SECOND;
    const other = { birth: born - 200n * DAY, modification: whole };
    expect(signsOf({ ...times, modification: whole }, other).join()).not.toContain("time-of-another");
  });
});

it("a kernel without statx tells no birth, though Node gives one", () => {
  expect(["3.13.0-24-generic", "4.10.0", "4.11.0", "6.1.0-18-amd64", "nonsense"].map(tellsBirth)).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
});
