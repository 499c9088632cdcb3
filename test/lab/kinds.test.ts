import { expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { needsLab } from "./needs.ts";
import { observe } from "./observe.ts";

/** Storms beside those of diagnose-live.test.ts, each with what the report must say of it. */
for (const [name, code] of [
  ["zombies", "zombie-accumulation"],
  ["thread-churn", "thread-churn"],
  ["watchdog-pair", "watchdog-pair"],
  ["polling-agent", "polling-agent"],
  ["wrapper-explosion", "wrapper-explosion"],
] as const) {
  test(`${name}: called by its right name`, async (context) => {
    needsLab(context);
    const { exitCode, result, scenario } = await observe(name, { seconds: 20 }, []);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(scenario.expected.exitCode);
    expect(result.verdict.code).toBe(`verdict.${code}`);
    expect(result.chain.map((step) => step.code)).toContain(`chain.${code}`);
    expect(result.advice.map((step) => step.code)).toContain(`advice.${code}`);
  });
}

/** What must not be called a storm. */
for (const name of ["quiet-autoreap", "quiet-agent"] as const) {
  test(`${name}: no storm`, async (context) => {
    needsLab(context);
    const { exitCode, result, scenario } = await observe(name, { seconds: 20 }, ["--duration", "5s"]);
    expect(differences(result, scenario.expected)).toEqual([]);
    expect(exitCode).toBe(0);
  });
}
