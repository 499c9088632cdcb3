import { spawn } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startScenario, type RunningScenario, type Scenario } from "../../lab/lab.mjs";
import type { Experiment } from "../../src/experiment/result.ts";
import { needsLab } from "./needs.ts";
import { eventually, tracesOf } from "./traces.ts";

const OURS = "/opt/whoforks";
const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What is measured meanwhile. */
const STORM = "/usr/local/sbin/storm";
/** Each job runs a script of its own. */
const scriptOf = (supervisor: string): string => `/usr/local/sbin/loop-${supervisor}`;
const JOBS: Readonly<Record<string, { inittab: string; how: readonly string[]; kind: string }>> = {
  sysvinit: {
    inittab: `wk:2345:respawn:${scriptOf("sysvinit")}`,
    how: ["--disable", "/etc/inittab:3"],
    kind: "disable-line",
  },
  runit: {
    inittab: "sv:2345:respawn:/usr/bin/runsv /etc/sv/poll",
    how: ["--stop", "runit:poll"],
    kind: "stop-unit",
  },
  s6: { inittab: "s6:2345:respawn:/usr/bin/s6-svscan /run/service", how: ["--stop", "s6:poll"], kind: "stop-unit" },
  supervisord: {
    inittab: "sd:2345:respawn:/usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf",
    how: ["--stop", "supervisord:poll"],
    kind: "stop-unit",
  },
};
const SUPERVISORD = `[unix_http_server]
file=/run/supervisor.sock
[supervisord]
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix:///run/supervisor.sock
[program:poll]
command=${scriptOf("supervisord")}
stopasgroup=true
`;

const scenario: Scenario = {
  name: "jobs-of-supervisors",
  about: "four real supervisors, each with a job, and a storm beside them",
  expected: { outcome: "storm", exitCode: 1, kind: null },
  prepare(tools) {
    // init waits five seconds for one that takes no notice of SIGTERM, and is told to start it again meanwhile.
    for (const supervisor of Object.keys(JOBS))
      tools.write(
        scriptOf(supervisor),
        `#!/bin/sh\n${supervisor === "sysvinit" ? "trap '' TERM" : ""}\nwhile :; do sleep 1; done\n`,
        0o755,
      );
    tools.write(STORM, "#!/bin/sh\nwhile :; do /bin/true; sleep 0.01; done\n", 0o755);
    for (const [supervisor, folder] of [
      ["runit", "/etc/sv/poll"],
      ["s6", "/run/service/poll"],
    ] as const)
      tools.write(`${folder}/run`, `#!/bin/sh\nexec ${scriptOf(supervisor)}\n`, 0o755);
    tools.write("/etc/supervisor/supervisord.conf", SUPERVISORD);
    // koffi is what the journal calls the kernel with; it comes as two packages.
    for (const path of ["bin", "dist", "package.json", "node_modules/koffi", "node_modules/@koromix"])
      tools.bring(here(path), `${OURS}/${path}`);
    tools.bring(process.execPath, `${OURS}/node`);
    return { inittab: [...Object.values(JOBS).map(({ inittab }) => inittab), `st:2345:once:${STORM}`] };
  },
};

/** PID, as this host counts, of who runs a script in the storm's namespace; null: nobody. */
function whoRuns({ initPid }: RunningScenario, script: string): number | null {
  const namespace = readlinkSync(`/proc/${initPid}/ns/pid`);
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      const [, argument] = readFileSync(`/proc/${entry}/cmdline`, "latin1").split("\0");
      if (argument === script && readlinkSync(`/proc/${entry}/ns/pid`) === namespace) return Number(entry);
    } catch {
      // Gone.
    }
  return null;
}

/** Begins to prove by a job, as somebody who has logged in there, and is interrupted as soon as the job is down. */
async function interrupted(
  running: RunningScenario,
  supervisor: string,
): Promise<{ result: Experiment; exitCode: number | null; wasDown: boolean }> {
  const script = scriptOf(supervisor);
  const before = await eventually(() => whoRuns(running, script));
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd=/"];
  const command = [`${OURS}/node`, `${OURS}/bin/whoforks`, "prove", "--yes", "--json", "--baseline", "1s"];
  const how = JOBS[supervisor]?.how ?? [];
  const child = spawn("nsenter", ["--target", String(running.initPid), ...namespaces, "--", ...command, ...how], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", WHOFORKS_STATE: `/run/${supervisor}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (bytes: Buffer) => said.push(bytes));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const wasDown = (await eventually(() => whoRuns(running, script) === null || child.exitCode !== null)) === true;
  // nsenter has become a parent of the tool: who is interrupted at a terminal is the whole group.
  if (wasDown && child.exitCode === null)
    process.kill(Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1")), "SIGINT");
  const exitCode = await ended;
  expect(await eventually(() => whoRuns(running, script))).not.toBe(before);
  return { result: JSON.parse(Buffer.concat(said).toString("utf8")) as Experiment, exitCode, wasDown };
}

test("jobs of real supervisors are down while they are held, and Ctrl-C at once brings each of them back", async (context) => {
  needsLab(context);
  const running = await startScenario(scenario, { seconds: 60, pids: 300 });
  try {
    const inittab = `${running.rootOnHost}/etc/inittab`;
    const before = readFileSync(inittab, "utf8");
    const supervisors = Object.keys(JOBS);
    const all = await Promise.all(supervisors.map((one) => interrupted(running, one)));
    for (const [at, { result, exitCode, wasDown }] of all.entries()) {
      const supervisor = supervisors[at] ?? "";
      expect(wasDown, supervisor).toBe(true);
      expect(result.plan?.kind, supervisor).toBe(JOBS[supervisor]?.kind);
      expect(result.undone, supervisor).toEqual({ ok: true, remaining: [] });
      expect(exitCode, supervisor).toBe(130);
    }
    expect(readFileSync(inittab, "utf8")).toBe(before);
  } finally {
    await running.stop();
  }
  expect(tracesOf(running)).toEqual([]);
}, 120_000);
