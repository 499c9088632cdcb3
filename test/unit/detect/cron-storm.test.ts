import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { ALL, kinds, look } from "./looks.ts";

/** cron forks a copy of itself for each job, which forks the shell that runs it (Debian's cron). */
const minute =
  (jobs: number, after = 0) =>
  (s: Stream): void => {
    const cron = s.exec(s.fork(1), "/usr/sbin/cron");
    s.wait(after * 1e6);
    for (let i = 0; i < jobs; i++) {
      const copy = s.wait(3000).fork(cron);
      s.wait(1000);
      const job = s.exec(s.exec(s.fork(copy), "/bin/sh"), `/usr/local/bin/job${i % 30}`);
      s.wait(5000).exit(job);
      s.exit(copy);
    }
  };
const AT = (second: number) => ({ startEpochMs: Date.UTC(2026, 10, 29, 12, 0, second) });

describe("a cron storm", () => {
  it("is a crowd of jobs in the first second of a minute", () => {
    const detection = look(minute(60, 10), ALL, AT(51));
    expect(kinds(detection)).toEqual(["cron-storm"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", facts: { jobs: 60 } });
    expect(detection.findings[0]?.reasons.map(({ code }) => code)).toContain("reason.at-the-minute");
  });

  it("is less sure in the middle of a minute, and says nothing of the clock where it is not known", () => {
    expect(look(minute(60), ALL, AT(30)).findings[0]?.confidence).toBe("medium");
    expect(look(minute(60)).findings[0]?.reasons.some(({ code }) => code.includes("minute"))).toBe(false);
  });

  it("is not an idle host's few jobs, nor the loop in one job's script", () => {
    expect(kinds(look(minute(6), ALL, AT(59)))).toEqual([]);
    const loop = (s: Stream): void => {
      const cron = s.exec(s.fork(1), "/usr/sbin/cron");
      const sh = s.exec(s.fork(s.fork(cron)), "/bin/sh");
      for (let i = 0; i < 400; i++) s.wait(1000).run(sh, "/usr/bin/sed", 1000);
    };
    expect(kinds(look(loop, ALL, AT(59)))).toEqual(["shell-loop"]);
  });
});
