/** Between two polls of a storm, ms. A buffer of 8 MiB a CPU lasts two seconds in the fastest storm seen. */
const BUSY_MS = 50;
/** Between two polls of an observation where little happens, ms. */
const QUIET_MS = 100;
/** Events in one poll from which on the next one comes soon: 5,000 a second and more. */
const BUSY_EVENTS = 500;

/**
 * Milliseconds until kernel events are read again, when the last poll brought `events`; `quietMs`: the pause of somebody
 * who got few, an observation's unless told. Each wake-up takes a busy host's CPU from the storm: half as many cost a tenth less in all
 * (`npm run bench`), and what is read later is lost no sooner.
 */
export function pauseAfter(events: number, quietMs = QUIET_MS): number {
  return events >= BUSY_EVENTS ? BUSY_MS : quietMs;
}
