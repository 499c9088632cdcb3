import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { limitAllowsRate } from "../../../src/supervisors/limits.ts";
import { shortestInterval } from "../../../src/supervisors/systemd/calendar.ts";
import { systemd } from "../../../src/supervisors/systemd/systemd.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

const UNITS = "/etc/systemd/system";

function jobs(entries: Record<string, Entry>): Job[] {
  return withTree(entries, ({ root }) => atOnce(systemd.jobs(root)).jobs);
}

const timerOf = (entries: Record<string, Entry>, unit = "x.timer") => jobs(entries).find((job) => job.unit === unit);
const SERVICE = { [`${UNITS}/x.service`]: "[Service]\nExecStart=/usr/bin/x -q\n" };

describe("timers of systemd", () => {
  it("start the service of their name, by the line that comes again soonest", () => {
    const timer = "[Timer]\nOnBootSec=1\nOnUnitActiveSec=5min\nOnUnitInactiveSec=100ms\n";
    expect(timerOf({ ...SERVICE, [`${UNITS}/x.timer`]: timer })).toMatchObject({
      supervisor: "systemd",
      activates: "x.service",
      file: `${UNITS}/x.timer`,
      line: 4,
      directive: "OnUnitInactiveSec=100ms",
      restarts: "on-schedule",
      everySeconds: 0.1,
      command: "/usr/bin/x -q",
      limit: { starts: 5, seconds: 10 },
    });
  });

  it("an empty trigger clears those before it, and a drop-in may do that", () => {
    const entries = {
      ...SERVICE,
      [`${UNITS}/x.timer`]: "[Timer]\nOnUnitActiveSec=1\n",
      [`${UNITS}/x.timer.d/slow.conf`]: "[Timer]\nOnUnitActiveSec=\nOnCalendar=hourly\n",
    };
    expect(timerOf(entries)).toMatchObject({
      everySeconds: 3600,
      file: `${UNITS}/x.timer.d/slow.conf`,
      line: 3,
      definition: `${UNITS}/x.timer`,
    });
  });

  it("once at boot is no schedule; without a trigger or a service there is no job", () => {
    expect(timerOf({ ...SERVICE, [`${UNITS}/x.timer`]: "[Timer]\nOnBootSec=1\n" })).toMatchObject({
      restarts: "never",
      directive: "OnBootSec=1",
    });
    expect(timerOf({ ...SERVICE, [`${UNITS}/x.timer`]: "[Timer]\nPersistent=yes\n" })).toBeUndefined();
    expect(timerOf({ [`${UNITS}/x.timer`]: "[Timer]\nOnCalendar=daily\n" })).toBeUndefined();
  });

  it("Unit= may name an instance of a template that nothing else wants", () => {
    const entries = {
      [`${UNITS}/y@.service`]: "[Service]\nExecStart=/usr/bin/y %i\n",
      [`${UNITS}/x.timer`]: "[Timer]\nOnCalendar=*:0/10\nUnit=y@one.service\n",
    };
    expect(timerOf(entries)).toMatchObject({ activates: "y@one.service", everySeconds: 600 });
    expect(timerOf(entries)?.inactive).toBeUndefined();
  });

  it("the service's own limit stops what the timer asks for", () => {
    const entries = { ...SERVICE, [`${UNITS}/x.timer`]: "[Timer]\nOnUnitActiveSec=100ms\n" };
    const limited = timerOf(entries) as Job;
    expect(limitAllowsRate(limited, 8, 6)).toMatchObject({ allowed: false, why: { code: "limit.would-have-stopped" } });
    expect(limitAllowsRate(limited, 30, 6)).toMatchObject({ allowed: false, why: { code: "limit.schedule" } });
    const free = { ...entries, [`${UNITS}/x.service.d/a.conf`]: "[Unit]\nStartLimitIntervalSec=0\n" };
    expect(limitAllowsRate(timerOf(free) as Job, 8, 6)).toMatchObject({ allowed: true });
    const slow = timerOf({ ...SERVICE, [`${UNITS}/x.timer`]: "[Timer]\nOnUnitActiveSec=2s\n" }) as Job;
    expect(limitAllowsRate(slow, 0.5, 60)).toMatchObject({ allowed: true, why: { code: "limit.never-trips" } });
  });
});

describe("the shortest interval of a calendar expression", () => {
  for (const [expression, seconds] of [
    ["minutely", 60],
    ["*-*-* *:*:00/0.25", 0.25],
    ["*:*:*", 1],
    ["*:0/15", 900],
    ["Mon..Fri *-*-* 09,17:30", 28_800],
    ["*-*-* 04:05:06", 86_400],
    ["2026-11-*", 86_400],
    ["*:55,5", 600],
    ["*:*:10,59 Europe/Berlin", 11],
    ["8..18:00", 3600],
  ] as const)
    it(expression, () => expect(shortestInterval(expression)).toBeCloseTo(seconds, 5));

  for (const expression of ["", "$(x):00", "*:*:*:*", "*:0/0", "25:00", "*:*:99"])
    it(`none: ${expression}`, () => expect(shortestInterval(expression)).toBeNull());
});
