import type { CouldNotLook } from "../../model/could-not-look.ts";
import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../../origin/logs/lines.ts";
import { Zone } from "../../origin/logs/zone.ts";
import { Telling } from "../../origin/told.ts";
import type { Ground } from "../types.ts";

/** Clocks on walls are at most so far from UTC, ms. */
const FARTHEST_ZONE = 14 * 3_600_000;

/** The time of a line that tells of an action of the manager, ms since 1970; null: of none. `modified`: as `syslogStamped`. */
export type TimeOf = (line: Untrusted, zone: Zone, modified: number) => number | null;

/**
 * When the newest action was at the latest that some logs and their rotated files tell of, ms since 1970; null: of none. A
 * record of the future is none; what could not be read is added to `gaps`. Where the zone in which they were written is not known, it may have been hours later.
 */
export async function lastAction(
  { root, now }: Ground,
  logs: readonly Untrusted[],
  timeOf: TimeOf,
  gaps: CouldNotLook[] = [],
): Promise<number | null> {
  const zone = Zone.of(root);
  const times: number[] = [];
  for (const log of logs) {
    const telling = new Telling(log, { now });
    await readLog(root, log, telling, (line, place, { modified }) => {
      const ms = timeOf(line, zone, modified);
      if (ms !== null) telling.record(ms, place, false);
    });
    const { span, gaps: unread } = telling.end();
    gaps.push(...unread);
    if (span !== null) times.push(span.to + (zone.known ? 0 : FARTHEST_ZONE));
  }
  return times.length === 0 ? null : Math.max(...times);
}
