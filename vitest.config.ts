import { defineConfig } from "vitest/config";

/** Tests that need this host's programs but look at a root, files or processes of their own only: any load may run beside them. */
const BESIDE = [
  "identity-*",
  "identify",
  "identify-all",
  "quarantine-*",
  "prove-faults",
  "read-again",
  "elf-symbols",
  "footing*",
  "origin",
  "origin-journal",
  "other-files",
  "supervisors-systemd",
].map((name) => `test/host/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 180_000,
    execArgv: ["--expose-gc"],
    reporters: ["default", "./test/closing-line-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "beside", include: BESIDE, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        // They share one kernel (tracefs, audit, CPU load), so files run one after another, and after the others.
        test: {
          name: "host",
          include: ["test/host/**/*.test.ts", "test/lab/**/*.test.ts"],
          exclude: BESIDE,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
