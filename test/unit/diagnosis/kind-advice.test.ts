import { expect, test } from "vitest";
import type { Advice, Diagnosis } from "../../../src/diagnosis/result.ts";
import type { Stream } from "../../support/storms.ts";
import { makeTree, type Entry } from "../supervisors/tree.ts";
import { judged } from "./judged.ts";

async function about(
  files: Record<string, Entry>,
  tell: (stream: Stream) => void,
  init?: string,
): Promise<Diagnosis & { dir: string }> {
  const tree = makeTree(files);
  return { ...(await judged(tree.dir, tell, init).finally(() => tree.remove())), dir: tree.dir };
}
const codes = (advice: readonly Advice[]): string[] => advice.map(({ code }) => code);
const find = (diagnosis: Diagnosis, code: string): Advice | undefined =>
  diagnosis.advice.find((one) => one.code === `advice.${code}`);

const SYSTEMD = "/usr/lib/systemd/systemd";
const loop =
  (spawner: number, code: number) =>
  (stream: Stream): void => {
    for (let turn = 0; turn < 60; turn++) stream.wait(100_000).run(spawner, "/opt/d/d", 5000, code);
  };

test("a crash loop under systemd: the cause before the stop, by what the status means, then the limit", async () => {
  const unit = "[Service]\nExecStart=/opt/d/d\nRestart=always\nRestartSec=100ms\nStartLimitIntervalSec=0\n";
  const files = { [SYSTEMD]: "", "/opt/d/d": { mode: 0o755 }, "/usr/lib/systemd/system/d.service": unit };
  const diagnosis = await about(files, loop(1, 203), SYSTEMD);
  expect(diagnosis.storms[0]?.kind).toBe("crash-loop");
  expect(codes(diagnosis.advice)).toEqual(["advice.exit.exec", "advice.stop-supervisor", "advice.limit.systemd"]);
  expect(diagnosis.restarts[0]?.line).toBe(3);
  // The unit lies in another root: nothing of this host is asked.
  expect(diagnosis.advice.every(({ command }) => command === null)).toBe(true);
});

test("ends that are all clean: how the supervisor expects its program to start", async () => {
  const unit = "[Service]\nExecStart=/opt/d/d\nRestart=always\nRestartSec=100ms\nStartLimitIntervalSec=0\n";
  const files = { [SYSTEMD]: "", "/opt/d/d": { mode: 0o755 }, "/usr/lib/systemd/system/d.service": unit };
  const diagnosis = await about(files, loop(1, 0), SYSTEMD);
  expect(diagnosis.storms[0]?.kind).toBe("respawn-loop");
  expect(find(diagnosis, "foreground.systemd")?.args).toMatchObject({ unit: "d.service", expects: "simple" });
  // The same by another owner.
  const inittab = "d:2:respawn:/opt/d/d\n";
  const init = { "/sbin/init": "x /etc/inittab x", "/opt/d/d": { mode: 0o755 }, "/etc/inittab": inittab };
  const other = await about(init, loop(1, 0));
  expect(codes(other.advice)).toEqual([
    "advice.stop-supervisor",
    "advice.foreground",
    "advice.fix-program",
    "advice.limit.sysvinit",
  ]);
  expect(find(other, "limit.sysvinit")).toMatchObject({
    args: { file: "/etc/inittab", line: 1 },
    command: ["sed", "-i", "1s/:respawn:/:once:/", `${other.dir}/etc/inittab`],
    undo: ["sed", "-i", "1s/:once:/:respawn:/", `${other.dir}/etc/inittab`],
  });
});

test("a loop in a script: its path and line, and the job that starts it", async () => {
  const script = "#!/bin/sh\nset -e\nwhile true; do\n  date > /run/now\n  sed p /run/now\ndone\n";
  const files = {
    "/sbin/init": "x /etc/inittab x",
    "/bin/sh": "",
    "/bin/date": "",
    "/opt/loop.sh": { mode: 0o755, content: script },
    "/etc/inittab": "l:2:respawn:/opt/loop.sh\n",
  };
  const diagnosis = await about(files, (stream) => {
    const shell = stream.exec(stream.fork(1), "/bin/sh", ["/bin/sh", "/opt/loop.sh"]);
    for (let turn = 0; turn < 300; turn++)
      for (const program of ["/bin/date", "/bin/sed"]) stream.wait(2000).run(shell, program, 1000);
  });
  expect(diagnosis.storms[0]?.kind).toBe("shell-loop");
  expect(find(diagnosis, "fix-script")).toMatchObject({
    args: { script: "/opt/loop.sh", line: 3 },
    command: ["sed", "-n", "2,8p", `${diagnosis.dir}/opt/loop.sh`],
  });
  expect(find(diagnosis, "stop-supervisor")?.args).toMatchObject({ supervisor: "sysvinit", file: "/etc/inittab" });
});

test("a loop in a line of a crontab: the line whose whole command the shell runs", async () => {
  const line = "while :; do date; done";
  const files = {
    "/sbin/init": "",
    "/bin/sh": "",
    "/bin/date": "",
    "/usr/sbin/cron": "",
    "/etc/cron.d/loops": `* * * * * root while :; do date; true; done\n* * * * * root ${line}\n`,
  };
  const diagnosis = await about(files, (stream) => {
    const cron = stream.exec(stream.fork(1), "/usr/sbin/cron", ["cron", "-f"]);
    const shell = stream.exec(stream.fork(cron), "/bin/sh", ["/bin/sh", "-c", line]);
    for (let turn = 0; turn < 300; turn++) stream.wait(2000).run(shell, "/bin/date", 1000);
  });
  expect(diagnosis.storms[0]?.kind).toBe("shell-loop");
  expect(diagnosis.restarts).toMatchObject([{ supervisor: "cron", file: "/etc/cron.d/loops", line: 2 }]);
});

test("an agent: the setting whose value is the interval that was seen", async () => {
  const settings = "# poll_interval = 0.5\nlog_period = 60\npoll_interval = 0.5\n";
  const files = { "/sbin/init": "", "/usr/bin/df": "", "/usr/sbin/agentd": "", "/etc/agent/main.conf": settings };
  const diagnosis = await about(files, (stream) => {
    const agent = stream.exec(stream.fork(1), "/usr/sbin/agentd", ["agentd", "-f"]);
    for (let tick = 0; tick < 24; tick++) {
      stream.wait(500_000);
      const helpers = Array.from({ length: 6 }, () => stream.fork(agent));
      for (const pid of helpers) stream.exec(pid, "/usr/bin/df");
      for (const pid of helpers) stream.exit(pid);
    }
  });
  expect(diagnosis.storms[0]?.kind).toBe("polling-agent");
  expect(find(diagnosis, "agent-interval")?.args).toMatchObject({
    file: "/etc/agent/main.conf",
    line: 3,
    text: "poll_interval = 0.5",
  });
});

test("a storm of cron's: the lines of its tables become comments", async () => {
  const files = {
    "/sbin/init": "",
    "/usr/sbin/cron": "",
    "/opt/job": { mode: 0o755 },
    "/etc/cron.d/jobs": "* * * * * root /opt/job\n",
  };
  const diagnosis = await about(files, (stream) => {
    const cron = stream.exec(stream.fork(1), "/usr/sbin/cron", ["cron", "-f"]);
    for (let job = 0; job < 40; job++) stream.wait(5000).exec(stream.fork(cron), "/opt/job");
    stream.wait(4_000_000);
  });
  expect(diagnosis.storms[0]?.kind).toBe("cron-storm");
  expect(find(diagnosis, "stop-supervisor")?.command).toEqual([
    "sed",
    "-i",
    "1s/^[^#]/#whoforks: &/",
    `${diagnosis.dir}/etc/cron.d/jobs`,
  ]);
  expect(find(diagnosis, "limit.cron")?.args).toMatchObject({ file: "/etc/cron.d/jobs", line: 1 });
});

test("a unit that lies there while another init runs is not what started it", async () => {
  const files = {
    "/sbin/init": "x /etc/inittab x",
    "/usr/sbin/cron": "",
    "/opt/job": { mode: 0o755 },
    "/usr/lib/systemd/system/cron.service": "[Service]\nExecStart=/usr/sbin/cron -f\nRestart=on-failure\n",
    "/etc/inittab": "x:2:once:/bin/true\n",
  };
  const crowd = (stream: Stream): void => {
    const cron = stream.exec(stream.fork(1), "/usr/sbin/cron", ["cron", "-f"]);
    for (let job = 0; job < 40; job++) stream.wait(5000).exec(stream.fork(cron), "/opt/job");
    stream.wait(4_000_000);
  };
  expect((await about(files, crowd)).restarts).toEqual([]);
  const systemd = { ...files, [SYSTEMD]: "", "/sbin/init": { link: SYSTEMD } };
  expect((await about(systemd, crowd, SYSTEMD)).restarts).toMatchObject([{ unit: "cron.service" }]);
});

test("a timer: it is stopped in place of its service, and its line is named", async () => {
  const files = {
    [SYSTEMD]: "",
    "/opt/d/d": { mode: 0o755 },
    "/usr/lib/systemd/system/d.service":
      "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/opt/d/d\n",
    "/usr/lib/systemd/system/d.timer": "[Timer]\nAccuracySec=1ms\nOnUnitActiveSec=100ms\n",
  };
  const diagnosis = await about(files, loop(1, 0), SYSTEMD);
  expect(diagnosis.storms[0]?.kind).toBe("timer-storm");
  expect(find(diagnosis, "stop-supervisor")?.args).toMatchObject({ unit: "d.timer", activates: "d.service" });
  expect(find(diagnosis, "limit.systemd.timer")?.args).toMatchObject({
    file: "/usr/lib/systemd/system/d.timer",
    line: 3,
    directive: "OnUnitActiveSec=100ms",
  });
  // The service itself neither restarts anything nor has to be masked.
  expect(codes(diagnosis.advice).filter((code) => /stop|limit/.test(code))).toHaveLength(2);
});
