import { baseName, reason } from "../detect/measure.ts";
import { isSystemd } from "../detect/programs.ts";
import type { Finding } from "../detect/types.ts";
import { programName } from "./names.ts";
import type { RestartFacts } from "./restarts.ts";

/** Kinds that a timer's service looks like, where the pause between two runs is all that tells them apart. */
const LIKE_RESTARTS: ReadonlySet<string> = new Set(["respawn-loop", "crash-loop", "unclassified"]);

/**
 * The finding as a timer storm where systemd starts the program and its files say that a timer has it started, at this
 * rate, and that nothing brings it back; else null. A timer counts OnUnitActiveSec= from the last start as the service
 * came up, so that its interval is longer than the span by what a start takes, as after a restart with a pause.
 */
export function askedByTimer(finding: Finding, restarts: readonly RestartFacts[]): Finding | null {
  const { kind, spawner, subject, facts } = finding;
  if (!LIKE_RESTARTS.has(kind) || spawner === null || !isSystemd(baseName(spawner.image))) return null;
  if (restarts.some(({ bringsBack }) => bringsBack)) return null;
  const timer = restarts.find(
    ({ restart, again }) =>
      restart.supervisor.startsWith("systemd") && restart.unit.endsWith(".timer") && again?.when === "on-schedule",
  );
  if (timer === undefined || timer.restart.limitAllowsRate === false) return null;
  const { unit, file, line } = timer.restart;
  const mean = subject.interval.mean();
  const periodMs = mean === null ? (timer.again?.everySeconds ?? 0) * 1000 : mean / 1e6;
  return {
    ...finding,
    kind: "timer-storm",
    reasons: [...finding.reasons, reason("for", "timer-configured", { unit, file, line })],
    facts: { ...facts, services: 1, periodMs, timer: unit, programs: [programName(subject.image)] },
  };
}
