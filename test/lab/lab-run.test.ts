import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { scenarios } from "../../lab/lab.mjs";
import { needsLab } from "./needs.ts";

const lab = (...args: string[]) => spawnSync(process.execPath, ["lab/run.mjs", ...args], { encoding: "utf8" });

test("--help names every scenario", () => {
  const { stdout, status } = lab("--help");
  expect(status).toBe(0);
  for (const name of scenarios.keys()) expect(stdout).toContain(`  ${name} `);
});

test("--list gives every scenario an expected verdict", () => {
  const listed = JSON.parse(lab("--list").stdout) as { name: string; expected: { outcome: string } }[];
  expect(listed.map(({ name }) => name)).toEqual([...scenarios.keys()]);
  for (const { expected } of listed) expect(["healthy", "benign", "storm"]).toContain(expected.outcome);
});

test("wrong usage is told and ends with 2", (context) => {
  needsLab(context);
  expect(lab().status).toBe(2);
  expect(lab("no-such-scenario").status).toBe(2);
  expect(lab("case", "--seconds", "much").status).toBe(2);
  expect(lab("case", "--no-such-option").status).toBe(2);
});

test("a command runs on the host during the storm, and its output comes with the truth", (context) => {
  needsLab(context);
  const { stdout, status } = lab(
    "case",
    "--rate",
    "1000",
    "--capture",
    "--",
    "sh",
    "-c",
    'readlink /proc/{initPid}/exe; test -d "{root}/etc"',
  );
  const truth = JSON.parse(stdout) as { forks: number; state: string; command: { exitCode: number; output: string } };
  expect(status).toBe(0);
  expect(truth.state).toBe("ended by the lab");
  expect(truth.command).toMatchObject({ exitCode: 0, output: "/usr/sbin/init\n" });
});
