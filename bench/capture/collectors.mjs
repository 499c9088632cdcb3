// Whoever collects forks, execs and exits: each a process (or several) in a cgroup of its own, which counts its CPU.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const CGROUP = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
const EVENTS = ["sched:sched_process_fork", "sched:sched_process_exec", "sched:sched_process_exit"];
const LINES = EVENTS.map((event) => `tracepoint:${event} { printf("%d %s\\n", pid, comm); }`).join(" ");

/**
 * The collectors of one storm. `start` resolves when it collects; `stop` to the events it told of, and those it says
 * were lost (null: it does not tell). `starter`: it starts the storm itself, as strace does.
 */
export function collectors(dir, own, name) {
  const executes = name.startsWith("exec-");
  return [
    { name: "none", start: null },
    { name: "kernel alone", start: () => ours(own, "kernel") },
    { name: "whoforks", start: () => ours(own, "read") },
    { name: "forkstat", start: () => lines(["/usr/bin/forkstat", "-e", "fork,exec,exit"], 2, /nobufs/g, null) },
    {
      name: executes ? "bpftrace execsnoop" : "bpftrace",
      start: () =>
        lines(
          executes ? ["/usr/bin/bpftrace", "/usr/sbin/execsnoop.bt"] : ["/usr/bin/bpftrace", "-e", LINES],
          2,
          /^Lost (\d+) events/gm,
          0,
        ),
    },
    { name: "trace-cmd record", start: () => traceCmd(dir) },
    { name: "strace -f", start: null, starter: ["/usr/bin/strace", "-f", "-qq", "-o", "/dev/null"] },
  ].filter(({ name }) => available(name));
}

function available(name) {
  if (name.startsWith("bpftrace")) return existsSync("/usr/bin/bpftrace");
  if (name === "trace-cmd record") return traceCmdObstacle() === null;
  const program = { forkstat: "/usr/bin/forkstat", "strace -f": "/usr/bin/strace" }[name];
  return program === undefined || existsSync(program);
}

/** Why trace-cmd cannot record here, or null. Where function tracing is locked it crashes and leaves its recorders behind. */
export function traceCmdObstacle() {
  if (!existsSync("/usr/bin/trace-cmd")) return "it is not installed";
  try {
    readFileSync("/sys/kernel/tracing/set_ftrace_pid");
    return null;
  } catch (error) {
    return `this kernel does not let anyone read set_ftrace_pid (${error.code}), which it cannot do without`;
  }
}

/** Starts a command in a cgroup of its own. */
function inCgroup(command, stdio) {
  const cgroup = `${CGROUP}/whoforks-bench-collector-${process.pid}`;
  mkdirSync(cgroup, { recursive: true });
  const child = spawn("/bin/sh", ["-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', cgroup, ...command], { stdio });
  const closed = new Promise((resolve) => child.on("close", resolve));
  return {
    child,
    closed,
    /** CPU seconds of all that is or was in it (cgroup-v2, cpu.stat: there without the cpu controller, too). */
    cpuSeconds: () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(`${cgroup}/cpu.stat`, "latin1"))[1]) / 1e6,
    remove: () => rmdirSync(cgroup),
  };
}

async function ours(own, mode) {
  const { child, closed, cpuSeconds, remove } = inCgroup([process.execPath, own, mode], ["pipe", "pipe", "inherit"]);
  let said = "";
  const ready = new Promise((resolve) => {
    child.stdout.on("data", (chunk) => {
      said += chunk.toString("latin1");
      if (said.includes("ready\n")) resolve();
    });
  });
  await Promise.race([ready, closed.then(() => Promise.reject(new Error("the own collector ended at once")))]);
  const before = cpuSeconds();
  return {
    async stop() {
      child.stdin.end("stop\n");
      await closed;
      const cpu = cpuSeconds() - before;
      remove();
      const { events, lost } = JSON.parse(said.slice(said.indexOf("{")));
      return { cpu, events, lost };
    },
  };
}

/** A collector that prints a line an event; `header`: lines that it prints before the first. */
async function lines(command, header, lossPattern, lossWithoutAWord) {
  const { child, closed, cpuSeconds, remove } = inCgroup(command, ["ignore", "pipe", "pipe"]);
  let text = 0;
  let lost = 0;
  let told = false;
  const read = (chunk) => {
    const part = chunk.toString("latin1");
    text += part.split("\n").length - 1;
    for (const match of part.matchAll(lossPattern)) {
      told = true;
      lost += Number(match[1] ?? 1);
    }
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  // It collects as soon as it tells of something that happened just now.
  const tells = () => text > header;
  for (let waited = 0; !tells(); waited += 200) {
    if (waited > 30_000) throw new Error(`${command[0]} tells of nothing`);
    spawnSync("/bin/true");
    await sleep(200);
  }
  await sleep(500);
  const before = cpuSeconds();
  const already = text;
  return {
    async stop() {
      await sleep(1000);
      child.kill("SIGINT");
      await closed;
      const cpu = cpuSeconds() - before;
      remove();
      return { cpu, events: text - already, lost: told ? lost : lossWithoutAWord };
    },
  };
}

/** In an instance of its own; it copies raw pages to a file and looks at none. */
async function traceCmd(dir) {
  const file = join(dir, "trace.dat");
  const wanted = EVENTS.flatMap((event) => ["-e", event]);
  const instance = "whoforks-bench";
  const command = ["/usr/bin/trace-cmd", "record", "-o", file, "-B", instance, ...wanted];
  const { child, closed, cpuSeconds, remove } = inCgroup(command, ["ignore", "pipe", "pipe"]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk.toString("latin1")));
  await sleep(1500);
  const before = cpuSeconds();
  return {
    async stop() {
      child.kill("SIGINT");
      await closed;
      const cpu = cpuSeconds() - before;
      remove();
      const report = spawnSync("/usr/bin/trace-cmd", ["report", "-i", file], {
        encoding: "latin1",
        maxBuffer: 1 << 30,
      }).stdout;
      const events = report.split("\n").filter((line) => line.includes(": sched_process_")).length;
      const overrun = [...said.matchAll(/^(?:commit )?overrun: (\d+)|^dropped events: (\d+)/gm)];
      rmSync(file, { force: true });
      return { cpu, events, lost: overrun.reduce((sum, [, a, b]) => sum + Number(a ?? b), 0) };
    },
  };
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
