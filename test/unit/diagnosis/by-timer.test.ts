import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/detect/types.ts";
import { askedByTimer } from "../../../src/diagnosis/by-timer.ts";
import type { RestartFacts } from "../../../src/diagnosis/restarts.ts";
import type { Stream } from "../../support/storms.ts";
import { look } from "../detect/looks.ts";

/** A service that `starter` starts each 110 ms, as a timer of 100 ms has it and as Restart= with that pause does. */
function service(starter: string): Finding {
  const detection = look((s: Stream) => {
    s.seen(1, 0, starter);
    for (let i = 0; i < 60; i++) s.wait(100_000).run(1, "/usr/local/bin/poll", 10_000);
  });
  return detection.findings[0] as Finding;
}

function job(unit: string, over: Partial<RestartFacts> = {}, allowed: boolean | null = true): RestartFacts {
  return {
    restart: {
      storm: "storm-1",
      supervisor: "systemd",
      unit,
      file: `/etc/systemd/system/${unit}`,
      line: 2,
      directive: "OnUnitActiveSec=100ms",
      limit: null,
      limitAllowsRate: allowed,
      command: "/usr/local/bin/poll",
      searchPath: null,
      resolvesTo: "/usr/local/bin/poll",
      shadows: null,
    },
    starts: "/usr/local/bin/poll",
    bringsBack: false,
    limit: null,
    counted: null,
    ownerMismatch: null,
    ...over,
  };
}

const TIMER = job("poll.timer", { again: { when: "on-schedule", everySeconds: 0.1 } });
const ONCE = job("poll.service");

describe("a service that systemd starts at a pace of less than a second", () => {
  const finding = service("/usr/lib/systemd/systemd");

  it("is a timer storm where its files name a timer", () => {
    expect(finding.kind).toBe("respawn-loop");
    expect(askedByTimer(finding, [TIMER, ONCE])).toMatchObject({
      kind: "timer-storm",
      subject: finding.subject,
      facts: { timer: "poll.timer", programs: ["/usr/local/bin/poll"] },
    });
  });

  it("is none where they name no timer, or the timer allows no such rate", () => {
    expect(askedByTimer(finding, [ONCE])).toBeNull();
    expect(askedByTimer(finding, [])).toBeNull();
    const slow = job("poll.timer", { again: { when: "on-schedule", everySeconds: 60 } }, false);
    expect(askedByTimer(finding, [slow, ONCE])).toBeNull();
  });

  it("is none where a restart brings it back as well, or somebody else starts it", () => {
    expect(askedByTimer(finding, [TIMER, job("poll.service", { bringsBack: true })])).toBeNull();
    expect(askedByTimer(service("/usr/bin/superd"), [TIMER])).toBeNull();
  });
});
