import { existsSync } from "node:fs";
import type { TestContext } from "vitest";

/** Skips the test, with the reason, where a program is not installed; under CI that is a failure. */
export function needsProgram(context: TestContext, program: string): void {
  const places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  if (places.some((place) => existsSync(`${place}/${program}`))) return;
  if (process.env["CI"]) throw new Error(`${program} is not installed`);
  context.skip(`${program} is not installed`);
}

/** Skips the test when the host cannot run it; where a CI says that it can, that is a failure. */
export function need(context: TestContext, fulfilled: boolean, what: string): void {
  if (fulfilled) return;
  if (process.env["CI"]) throw new Error(`this host lacks: ${what}`);
  context.skip(what);
}
