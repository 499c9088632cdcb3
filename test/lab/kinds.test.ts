import { expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { needsLab } from "./needs.ts";
import { observe } from "./observe.ts";

/** Storms beside those of diagnose-live.test.ts, each with what the report must say of it. */
for (const [name, code, seconds, args] of [
  ["zombies", "zombie-accumulation", 20, []],
  ["thread-churn", "thread-churn", 20, []],
  ["watchdog-pair", "watchdog-pair", 20, []],
  ["polling-agent", "polling-agent", 20, []],
  ["wrapper-explosion", "wrapper-explosion", 20, []],
  // sshd makes its keys first.
  ["login-storm", "login-storm", 40, ["--duration", "20s"]],
  ["connection-storm", "connection-storm", 20, ["--duration", "8s"]],
  // Until the next full minute.
  ["cron-storm", "cron-storm", 90, ["--duration", "65s"]],
] as const) {
  test(`${name}: called by its right name`, async (context) => {
    needsLab(context);
    const { exitCode, result, scenario } = await observe(name, { seconds }, args);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(scenario.expected.exitCode);
    expect(result.verdict.code).toBe(`verdict.${code}`);
    expect(result.chain.map((step) => step.code)).toContain(`chain.${code}`);
    expect(result.advice.map((step) => step.code)).toContain(`advice.${code}`);
  }, 180_000);
}

/** What must not be called a storm. */
for (const name of ["quiet-autoreap", "quiet-agent", "quiet-cgi", "quiet-install", "quiet-cron"] as const) {
  test(`${name}: no storm`, async (context) => {
    needsLab(context);
    const { exitCode, result, scenario } = await observe(name, { seconds: 20 }, ["--duration", "5s"]);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(0);
  });
}
