import { beforeEach, expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { scenarios } from "../../lab/lab.mjs";
import { needsLab } from "./needs.ts";
import { observe, type Observed } from "./observe.ts";

/** Runs a scenario for as long as it needs, and the tool beside it for as long as it takes to see it. */
function observed(name: string, most?: string): Promise<Observed> {
  const { seconds, duration } = scenarios.get(name)?.observe ?? { seconds: 20, duration: "5s" };
  return observe(name, { seconds }, ["--duration", most ?? duration]);
}

/**
 * Cron's storm comes with the full minute. It is looked at before whichever test begins shortly before one, so that nobody has
 * to wait for the next: its own test is the last.
 */
let cronStorm: Promise<Observed> | undefined;
beforeEach(async (context) => {
  needsLab(context);
  const second = new Date().getSeconds();
  if (cronStorm !== undefined || second < 40 || second > 52) return;
  cronStorm = observed("cron-storm", "25s");
  await cronStorm.catch(() => undefined);
});

function expectCalled(code: string, { exitCode, result, scenario }: Observed): void {
  expect(differences(result, scenario.expected)).toEqual([]);
  expect(exitCode).toBe(scenario.expected.exitCode);
  expect(result.verdict.code).toBe(`verdict.${code}`);
  expect(result.chain.map((step) => step.code)).toContain(`chain.${code}`);
  expect(result.advice.map((step) => step.code)).toContain(`advice.${code}`);
}

/** Storms beside those of diagnose-live.test.ts, each with what the report must say of it. */
for (const [name, code] of [
  ["zombies", "zombie-accumulation"],
  ["thread-churn", "thread-churn"],
  ["watchdog-pair", "watchdog-pair"],
  ["polling-agent", "polling-agent"],
  ["wrapper-explosion", "wrapper-explosion"],
  ["login-storm", "login-storm"],
  ["connection-storm", "connection-storm"],
  ["timer-storm", "timer-storm"],
  ["inetd-storm", "connection-storm"],
  ["xinetd-storm", "connection-storm"],
  ["udev-storm", "udev-storm"],
  ["health-check-storm", "health-check-storm"],
  ["container-restart-loop", "container-restart-loop"],
] as const) {
  test(`${name}: called by its right name`, async () => {
    expectCalled(code, await observed(name));
    // The first scenario under systemd has its Debian made.
  }, 900_000);
}

/** What must not be called a storm. */
for (const name of [
  "quiet-autoreap",
  "quiet-agent",
  "quiet-cgi",
  "quiet-install",
  "quiet-cron",
  "quiet-tests",
] as const) {
  test(`${name}: no storm`, async () => {
    const { exitCode, result, scenario } = await observed(name);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(0);
  });
}

test("cron-storm: called by its right name", async () => {
  cronStorm ??= observed("cron-storm");
  expectCalled("cron-storm", await cronStorm);
}, 900_000);
