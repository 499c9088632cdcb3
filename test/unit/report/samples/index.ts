import type { Diagnosis } from "../../../../src/diagnosis/result.ts";
import { caseFromLog, theCase } from "./case.ts";
import { build, forkBomb, shellLoop } from "./forking.ts";
import { healthy, inconclusive } from "./no-storm.ts";
import { crashLoop, respawnLoop } from "./restarted.ts";

export { build, caseFromLog, healthy, inconclusive, theCase };

/** Realistic results of `diagnose`, as the diagnosis composes them, for the tests of the reports. */
export const samples: Record<string, Diagnosis> = {
  "the-case": theCase,
  "case-from-log": caseFromLog,
  "respawn-loop": respawnLoop,
  "crash-loop": crashLoop,
  "fork-bomb": forkBomb,
  "shell-loop": shellLoop,
  build,
  healthy,
  inconclusive,
};
