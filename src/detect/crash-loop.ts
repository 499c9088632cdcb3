import type { Ending } from "../derive/family.ts";
import { restartedFamilies } from "./restarts.ts";
import type { Detector, View } from "./types.ts";

/**
 * Hypothesis: a supervisor brings back a program that fails: most of its runs end with a status other than 0 or are
 * killed by a signal.
 */
export const crashLoop: Detector = {
  kind: "crash-loop",
  detect(view: View) {
    if (view.known.exitStatus !== true) return { state: "could-not-look", ...view.known.exitStatus };
    const findings = restartedFamilies(view)
      .filter(({ failed }) => failed >= 0.5)
      .map(({ family, finding }) => {
        const endings = [...family.endings.values()].sort((a, b) => b.count - a.count);
        const worst = endings.find((ending) => fails(ending));
        return { ...finding, kind: "crash-loop", facts: { end: worst ?? null } };
      });
    return findings.length > 0 ? { state: "found", findings } : { state: "none" };
  },
};

function fails(ending: Ending): boolean {
  return ending.signal !== null || (ending.code !== null && ending.code !== 0);
}
