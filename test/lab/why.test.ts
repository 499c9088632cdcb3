import { expect, test } from "vitest";
import { startScenario, type RunningScenario } from "../../lab/lab.mjs";
import { restarts as schema } from "../../src/why/schema.ts";
import type { Why } from "../../src/why/result.ts";
import { whoforks } from "../support/whoforks.ts";
import { needsLab } from "./needs.ts";
import { eventually, inside } from "./traces.ts";

async function asked(...args: string[]): Promise<{ answer: Why; exitCode: number | null }> {
  const { stdout, stderr, exitCode } = await whoforks(["why", "--json", ...args]);
  expect(stderr).toBe("");
  const answer: unknown = JSON.parse(stdout);
  expect(schema.safeParse(answer).error).toBeUndefined();
  return { answer: answer as Why, exitCode };
}

/** The number, as the host has it, of a living process of the scenario. */
async function pidOf(scenario: RunningScenario, exe: string): Promise<number> {
  const find = (): number | undefined => inside(scenario).find((process) => process.exe === exe)?.pid;
  expect(await eventually(() => find() !== undefined)).toBe(true);
  return find() as number;
}

test("a script that sysvinit starts: from PID 1 to it, the line of inittab, how to stop it and take that back", async (context) => {
  needsLab(context);
  const scenario = await startScenario("shell-loop", { seconds: 20, rate: 20 });
  try {
    const pid = await pidOf(scenario, "/usr/bin/dash");
    const { answer, exitCode } = await asked(String(pid));
    expect(exitCode).toBe(0);
    expect(answer.verdict).toMatchObject({ outcome: "found", code: "why.brings-back" });
    const [job] = answer.restarts;
    expect(job).toMatchObject({
      supervisor: "sysvinit",
      unit: "pq",
      file: "/etc/inittab",
      directive: "respawn",
      restarts: "always",
      resolvesTo: "/usr/local/sbin/poll-queue",
      limit: { starts: 10, seconds: 120 },
      atLimit: { action: "pause", seconds: 300 },
    });
    expect(answer.line.map((member) => member.pid)).toContain(scenario.initPid);
    expect(answer.line.at(-1)).toMatchObject({ pid, exe: "/usr/bin/dash" });
    expect(answer.starts).toBe(answer.line.length - 1);
    const table = `${answer.root}/etc/inittab`;
    expect(job?.stop?.at(-1)).toBe(table);
    expect(job?.undo?.at(-1)).toBe(table);

    const text = await whoforks(["why", String(pid)], { env: { COLUMNS: "80" } });
    expect(text.stdout).toContain("poll-queue");
    expect(text.stdout).toContain(`/etc/inittab, line ${job?.line}`);
    const chinese = await whoforks(["why", "--lang", "zh-CN", String(pid)]);
    expect(chinese.stdout).toContain(`/etc/inittab 第 ${job?.line} 行`);

    // The same by the files alone, and by the name of the unit.
    for (const word of ["/usr/local/sbin/poll-queue", "poll-queue", "pq", "sysvinit:pq"]) {
      const { answer: again } = await asked("--root", scenario.rootOnHost, word);
      expect(again.restarts[0], word).toMatchObject({ unit: "pq", line: job?.line, file: "/etc/inittab" });
      expect(again.line).toEqual([]);
    }
  } finally {
    await scenario.stop();
  }
});

test("a program that is started by one that sysvinit starts: the job and the way to it", async (context) => {
  needsLab(context);
  const scenario = await startScenario("respawn-loop", { seconds: 20, interval: 50 });
  try {
    const { answer } = await asked(String(await pidOf(scenario, "/usr/local/sbin/superd")));
    expect(answer.verdict.code).toBe("why.never");
    expect(answer.restarts[0]).toMatchObject({
      supervisor: "sysvinit",
      unit: "su",
      directive: "once",
      restarts: "never",
    });
    expect(answer.starts).toBe(answer.line.length - 1);
  } finally {
    await scenario.stop();
  }
});

test("a process of this host that no job starts, and one that is gone", async () => {
  const { answer, exitCode } = await asked(String(process.pid));
  expect(answer.line.at(-1)?.pid).toBe(process.pid);
  expect(exitCode).toBe(answer.verdict.outcome === "found" ? 0 : 3);
  const gone = await whoforks(["why", "4194303"]);
  expect(gone).toMatchObject({ exitCode: 2, stdout: "" });
  expect(gone.stderr).toContain("there is no process 4194303");
});
