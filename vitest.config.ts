import { defineConfig } from "vitest/config";

// Host and lab tests share one kernel (tracefs, audit, CPU load), so files run one after another.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    execArgv: ["--expose-gc"],
    reporters: ["default", "./test/closing-line-reporter.ts"],
  },
});
