import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMIT_CODES, limitAllowsRate } from "../../../src/supervisors/index.ts";
import type { Job } from "../../../src/supervisors/types.ts";

function job(supervisor: string, more: Partial<Job>): Job {
  return {
    supervisor,
    unit: "x",
    file: "/x",
    line: 1,
    directive: "",
    restarts: "always",
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: "d",
    program: "d",
    searchPath: null,
    expects: null,
    ...more,
  };
}
const sysvinit = job("sysvinit", { limit: { starts: 10, seconds: 120 }, atLimit: { action: "pause", seconds: 300 } });
const upstart = job("upstart", { limit: { starts: 10, seconds: 5 }, atLimit: { action: "stop" } });
const systemd = (more: Partial<Job> = {}) =>
  job("systemd", { limit: { starts: 5, seconds: 10 }, atLimit: { action: "stop" }, delaySeconds: 0.1, ...more });

describe("whether a limit allows a rate", () => {
  it("knows that none of the defaults allows the storm of a self-replicating chain", () => {
    for (const each of [sysvinit, upstart, systemd()]) expect(limitAllowsRate(each, 12_000, 5).allowed).toBe(false);
    expect(limitAllowsRate(systemd({ limit: null, atLimit: null }), 12_000, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.delay-bounds-rate", args: { maxPerSecond: 10, delaySeconds: 0.1 } },
    });
    expect(limitAllowsRate(systemd({ limit: null, atLimit: null, delaySeconds: 0 }), 12_000, 5)).toMatchObject({
      allowed: true,
      why: { code: "limit.unlimited", args: { maxPerSecond: null } },
      maxSustainedPerSecond: null,
      burst: null,
    });
  });

  it("pauses sysvinit's entry after ten starts, and lets five a minute go on for ever", () => {
    expect(limitAllowsRate(sysvinit, 5 / 60)).toMatchObject({ allowed: true, why: { code: "limit.not-reached" } });
    expect(limitAllowsRate(sysvinit, 6 / 60)).toMatchObject({
      allowed: false,
      why: { code: "limit.pauses", args: { supervisor: "sysvinit", starts: 10, seconds: 120, pauseSeconds: 300 } },
    });
    expect(limitAllowsRate(sysvinit, 100, 0.1)).toMatchObject({ allowed: true, why: { code: "limit.burst-allowed" } });
    expect(limitAllowsRate(sysvinit, 100, 0.2)).toMatchObject({ allowed: false });
    expect(limitAllowsRate(sysvinit, 1).maxSustainedPerSecond).toBeCloseTo(1 / 12, 9);
  });

  it("lets upstart respawn ten times in five seconds for ever", () => {
    expect(limitAllowsRate(upstart, 2)).toMatchObject({ allowed: true, maxSustainedPerSecond: 2, burst: 11 });
    expect(limitAllowsRate(upstart, 2.5)).toMatchObject({
      allowed: false,
      why: { code: "limit.would-have-stopped", args: { starts: 10, seconds: 5, burst: 11, afterSeconds: 4.4 } },
    });
  });

  it("never stops a systemd unit whose delay is too long for its limit", () => {
    for (const delaySeconds of [2, 3])
      expect(limitAllowsRate(systemd({ delaySeconds }), 1 / delaySeconds)).toMatchObject({
        allowed: true,
        why: { code: "limit.never-trips" },
        maxSustainedPerSecond: 1 / delaySeconds,
      });
    expect(limitAllowsRate(systemd({ delaySeconds: 1 }), 0.9)).toMatchObject({
      allowed: false,
      why: { code: "limit.would-have-stopped" },
    });
    expect(limitAllowsRate(systemd({ delaySeconds: 1 }), 0.5)).toMatchObject({ allowed: true });
    expect(limitAllowsRate(systemd({ limit: null, atLimit: null }), 9.9)).toMatchObject({
      allowed: true,
      maxSustainedPerSecond: 10,
    });
  });

  it("allows one start of what is never restarted", () => {
    const once = job("sysvinit", { restarts: "never" });
    expect(limitAllowsRate(once, 0.2, 5)).toMatchObject({
      allowed: true,
      maxSustainedPerSecond: 0,
      burst: 1,
      why: { code: "limit.no-restart" },
    });
    expect(limitAllowsRate(once, 1, 5)).toMatchObject({ allowed: false });
  });

  it("holds a schedule to its shortest time between two starts", () => {
    const minutely = job("cron", { restarts: "on-schedule", everySeconds: 60 });
    expect(limitAllowsRate(minutely, 12_000, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.schedule", args: { everySeconds: 60, maxPerSecond: 1 / 60 } },
      maxSustainedPerSecond: 1 / 60,
      burst: 1,
    });
    // One start in five seconds may be the only one of its minute.
    expect(limitAllowsRate(minutely, 0.2, 5)).toMatchObject({ allowed: true });
    expect(limitAllowsRate(job("cron", { restarts: "on-schedule" }), 1, 5)).toMatchObject({
      allowed: null,
      why: { code: "limit.rate-unknown" },
    });
  });

  it("leaves what is started on demand to those who demand it, up to a limit", () => {
    expect(limitAllowsRate(job("inetd", { restarts: "on-demand" }), 500, 5)).toMatchObject({
      allowed: true,
      why: { code: "limit.on-demand" },
      maxSustainedPerSecond: null,
    });
    const limited = job("inetd", {
      restarts: "on-demand",
      limit: { starts: 256, seconds: 60 },
      atLimit: { action: "pause", seconds: 600 },
    });
    expect(limitAllowsRate(limited, 500, 5)).toMatchObject({
      allowed: false,
      why: { code: "limit.pauses", args: { supervisor: "inetd", pauseSeconds: 600 } },
    });
  });

  it("does not count programs that live longer than the limit looks", () => {
    const model = job("supervisord", {
      limit: { starts: 4, seconds: 10 },
      atLimit: { action: "stop" },
      minimumLifeSeconds: 1,
    });
    expect(limitAllowsRate(model, 0.6, 600, 1.5)).toMatchObject({
      allowed: true,
      why: { code: "limit.lives-too-long", args: { minimumLifeSeconds: 1, starts: 4, seconds: 10 } },
    });
    for (const life of [0.2, undefined])
      expect(limitAllowsRate(model, 0.6, 600, life)).toMatchObject({
        allowed: false,
        why: { code: "limit.would-have-stopped" },
      });
  });

  it("does not know without a rate", () => {
    for (const rate of [Number.NaN, -1, Infinity])
      expect(limitAllowsRate(upstart, rate)).toMatchObject({ allowed: null, why: { code: "limit.rate-unknown" } });
  });

  // Second witness: the counting of each supervisor played through, start by start, for two hours.
  const HOURS = 7_200;
  const plays: Record<string, (spacing: number, phase: number) => boolean> = {
    // spawn() of sysvinit: whole seconds of time(2).
    sysvinit(spacing, phase) {
      let tm = 0;
      let count = 0;
      for (let at = 1_000 + phase; at < 1_000 + HOURS; at += spacing) {
        const now = Math.floor(at);
        if (tm + 120 > now) count++;
        else [count, tm] = [0, now];
        if (count >= 10) return false;
      }
      return true;
    },
    // job_process_catch_runaway() of upstart: whole seconds, counts respawns.
    upstart(spacing, phase) {
      let begin = 0;
      let count = 0;
      for (let at = 1_000 + phase; at < 1_000 + HOURS; at += spacing) {
        const now = Math.floor(at);
        if (now - begin < 5) {
          if (++count > 10) return false;
        } else [begin, count] = [now, 1];
      }
      return true;
    },
    // ratelimit_below() of systemd: microseconds, counts starts.
    systemd(spacing, phase) {
      let begin = 0;
      let count = 0;
      for (let at = 1_000 + phase; at < 1_000 + HOURS; at += spacing) {
        if (begin <= 0 || begin + 10 < at) [begin, count] = [at, 1];
        else if (count >= 5) return false;
        else count++;
      }
      return true;
    },
  };

  it.each(["sysvinit", "upstart", "systemd"])("agrees with %s's own counting, away from the very edge", (name) => {
    const model = { sysvinit, upstart, systemd: systemd({ delaySeconds: 0 }) }[name]!;
    const edge = model.limit!.starts / model.limit!.seconds;
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (factor, phase) => {
          // Whole seconds blur the edge by one second in the window.
          fc.pre(factor < 1 - 1.5 / model.limit!.seconds || factor > 1 + 1.5 / model.limit!.seconds);
          const rate = edge * factor;
          expect(limitAllowsRate(model, rate).allowed).toBe(plays[name]!(1 / rate, phase));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("lists every code once", () => {
    expect(new Set(LIMIT_CODES).size).toBe(LIMIT_CODES.length);
  });
});
