import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "./audit-lab.ts";

const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const isRoot = process.geteuid?.() === 0;
const hasGroups = existsSync("/proc/self/autogroup");

/** Niceness of a process and of its session's group of tasks; null: the kernel has no such groups. */
function nicenessOf(pid: number): { process: number; session: number | null } {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  const group = hasGroups ? readFileSync(`/proc/${pid}/autogroup`, "latin1") : null;
  return { process: Number(fields[16]), session: group === null ? null : Number(group.split("nice ")[1]) };
}

describe.skipIf(!isRoot)(`the priority of a run${isRoot ? "" : " (skipped: needs root)"}`, () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  /** Runs `diagnose` within a session of its own. The shell that leads it is there until its input ends. */
  function session(command: string): { shell: ChildProcess; tool: () => number | null; ended: () => boolean } {
    const script = `${command} & echo $!; wait $!; echo ended; read line`;
    const shell = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
    started.push(shell);
    let said = "";
    shell.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    return {
      shell,
      tool: () => (said.includes("\n") ? Number(said.split("\n")[0]) : null),
      ended: () => said.includes("ended"),
    };
  }

  const diagnose = `${process.execPath} ${BIN} diagnose --quiet --duration 2s --output /dev/null`;

  test("is raised while it looks, that of its session too, and is put back at the end", async () => {
    const { shell, tool, ended } = session(diagnose);
    await until(() => tool() !== null && nicenessOf(tool() as number).process === -10, "the priority is raised");
    expect(nicenessOf(tool() as number).session).toBe(hasGroups ? -10 : null);
    await until(ended, "the run has ended");
    expect(nicenessOf(shell.pid as number)).toEqual({ process: 0, session: hasGroups ? 0 : null });
  });

  test("is put back after Ctrl-C", async () => {
    const { shell, tool, ended } = session(diagnose);
    await until(() => tool() !== null && nicenessOf(tool() as number).process === -10, "the priority is raised");
    process.kill(tool() as number, "SIGINT");
    await until(ended, "the run has ended");
    expect(nicenessOf(shell.pid as number).session).toBe(hasGroups ? 0 : null);
  });

  test("stays as it is for who was started with a niceness", async () => {
    const { shell, tool, ended } = session(`nice -n 3 ${diagnose}`);
    const seen = new Set<string>();
    await until(() => {
      if (!ended() && tool() !== null) seen.add(JSON.stringify(nicenessOf(shell.pid as number)));
      return ended();
    }, "the run has ended");
    expect([...seen]).toEqual([JSON.stringify({ process: 0, session: hasGroups ? 0 : null })]);
    shell.stdin?.end();
    await once(shell, "close");
  });
});
