import type { KeptQuestion, SignOf } from "../types.ts";
import { changedLaterSigns } from "./changed-later.ts";
import { clockSigns } from "./clock.ts";
import { neighbourSigns } from "./neighbours.ts";
import { packageSigns } from "./package.ts";
import { setBackSigns } from "./set-back.ts";

/** Those that the file's own times tell. */
export const signsOfTimes: readonly SignOf<KeptQuestion>[] = [
  clockSigns,
  setBackSigns,
  packageSigns,
  changedLaterSigns,
];

/** All that is known to betray set times, or to speak for a file. */
export const signs: readonly SignOf[] = [clockSigns, setBackSigns, neighbourSigns, packageSigns, changedLaterSigns];
