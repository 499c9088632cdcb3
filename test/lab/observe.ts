import { startScenario, type LabOptions, type RunningScenario } from "../../lab/lab.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed } from "../support/whoforks.ts";

export interface Observed {
  exitCode: number | null;
  result: Diagnosis;
  scenario: RunningScenario;
  /** Forks a second that the storm program itself counted within the window. */
  realPerSecond: number;
}

/** Runs a scenario, and the tool beside it. */
export async function observe(name: string, options: Partial<LabOptions>, args: readonly string[]): Promise<Observed> {
  const scenario = await startScenario(name, options);
  try {
    const { exitCode, result } = await diagnosed(args);
    const start = Date.parse(result.window.start ?? "");
    const forks = scenario.forksBetween(start, start + result.window.seconds * 1000);
    return { exitCode, result, scenario, realPerSecond: (forks ?? Number.NaN) / result.window.seconds };
  } finally {
    await scenario.stop();
  }
}
