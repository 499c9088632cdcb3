import { restartedFamilies } from "./restarts.ts";
import type { Detector, View } from "./types.ts";

/**
 * Hypothesis: a supervisor brings back a program that ends, and the program mostly ends well (exit 0), so nothing
 * looks wrong to the supervisor: a daemon that puts itself into the background, a job run as a service.
 */
export const respawnLoop: Detector = {
  kind: "respawn-loop",
  detect(view: View) {
    const findings = restartedFamilies(view)
      .filter(({ failed }) => failed < 0.5)
      .map(({ finding }) => ({ ...finding, kind: "respawn-loop" }));
    return findings.length > 0 ? { state: "found", findings } : { state: "none" };
  },
};
