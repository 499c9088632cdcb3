import type { Reporter, TestCase, TestModule } from "vitest/node";
import { KERNEL_LIMIT } from "./support/32-bit.ts";

/**
 * Ends a run with the plain line `N passed, N failed`, which log readers of every CI understand. Under CI a skipped
 * test fails the run: there everything a test may need is installed, so a skip hides a hole. What the kernel itself cannot
 * do is named and does not fail it, since no package would mend that.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    let passed = 0;
    let failed = errors.length;
    const skipped: string[] = [];
    const limits: string[] = [];
    for (const module of modules) {
      if (module.state() === "failed" && module.children.size === 0) failed++;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else if (noteOf(test).startsWith(KERNEL_LIMIT)) limits.push(`${test.fullName}: ${noteOf(test)}`);
        else skipped.push(test.fullName);
      }
    }
    const strict = process.env["CI"] === "true" && skipped.length > 0;
    if (strict) {
      failed += skipped.length;
      process.exitCode = 1;
    }
    // Written after vitest's own summary, which is printed in the same hook.
    process.on("exit", () => {
      if (strict) process.stdout.write(`skipped under CI, which counts as failed:\n  ${skipped.join("\n  ")}\n`);
      if (limits.length > 0) process.stdout.write(`not run on this kernel:\n  ${limits.join("\n  ")}\n`);
      const count = limits.length + (strict ? 0 : skipped.length);
      const tail = count > 0 ? `, ${count} skipped` : "";
      process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
      if (strict) process.exitCode = 1;
    });
  }
}

function noteOf(test: TestCase): string {
  const result = test.result();
  return result.state === "skipped" ? (result.note ?? "") : "";
}
