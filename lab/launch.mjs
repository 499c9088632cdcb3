import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeFileSync } from "node:fs";
import { killSame, startTicks, stateOf } from "./processes.mjs";
import { pause, run, until } from "./shell.mjs";

/** In the folder of a run: it is to end, and whoever would boot it again must not. */
export const OVER = "over";
/** How often, 5 ms apart, is looked whether everything has ended. */
const ROUNDS = 500;

/**
 * Starts what makes the namespaces of a scenario, bounded by the cgroups and by `seconds`, after which timeout(1) kills
 * it even if the lab itself is gone. What is written to DIR/console is kept.
 * @param argv the program that makes them, and its arguments
 * @param initOf gives the host's number of their PID 1, or null while there is none; another one after a reboot
 * @returns handle: initPid (the host's number; while it reboots the last one's), closed (a promise), kill(),
 *   console() (the last 64 KiB it printed)
 */
export async function launch({ dir, cgroups, seconds, nice = 0, argv, initOf }) {
  run("mkfifo", ["-m", "600", `${dir}/console`]);
  // Held open for reading and writing, so that writers inside never wait for a reader.
  const console = openSync(`${dir}/console`, constants.O_RDWR | constants.O_NONBLOCK);
  const join = cgroups.map((folder) => `echo $$ >"${folder}/cgroup.procs"`).join(" && ");
  const bounded = ["timeout", "-s", "KILL", String(seconds), "nice", "-n", String(nice), ...argv];
  let printed = "";
  const child = spawn("sh", ["-c", `${join} && exec "$@"`, "lab", ...bounded], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes) => (complaint = (complaint + bytes).slice(-4096)));
  const closed = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  let gone = false;
  void closed.then(() => (gone = true));

  const drain = () => {
    const bytes = Buffer.alloc(65536);
    const length = readNow(console, bytes);
    if (length > 0) printed = (printed + bytes.toString("latin1", 0, length)).slice(-65536);
  };
  const drainer = setInterval(drain, 100);
  drainer.unref();

  const launcherTicks = startTicks(child.pid);
  const first = await until(() => initOf() ?? gone, 10_000);
  if (typeof first !== "number") {
    clearInterval(drainer);
    drain();
    killSame(child.pid, launcherTicks);
    throw new Error(`lab: the namespace did not come up: ${complaint.trim() || printed.trim() || "no message"}`);
  }
  let init = { pid: first, ticks: startTicks(first) };
  // With its start time from when it was met: never another process that got its number since.
  const newest = () => {
    const pid = initOf();
    if (pid !== null && pid !== init.pid) init = { pid, ticks: startTicks(pid) };
    return init;
  };
  return {
    get initPid() {
      return newest().pid;
    },
    closed,
    console() {
      drain();
      return printed;
    },
    /**
     * Kills PID 1 of the namespace, and with it everything inside, and that of a boot that has just begun; returns when
     * whoever started it is gone as well. Synchronous: it also serves an exit handler.
     */
    kill() {
      clearInterval(drainer);
      writeFileSync(`${dir}/${OVER}`, "");
      for (let round = 0; round < ROUNDS; round++) {
        const { pid, ticks } = newest();
        killSame(pid, ticks);
        if (!lives(pid, ticks) && !lives(child.pid, launcherTicks)) break;
        drain();
        pause(5);
      }
      closeSync(console);
    },
  };
}

/** Whether a process still is the one that was started, and runs. */
function lives(pid, ticks) {
  return ticks !== null && startTicks(pid) === ticks && stateOf(pid) !== "Z";
}

function readNow(fd, bytes) {
  try {
    return readSync(fd, bytes);
  } catch (error) {
    if (error.code === "EAGAIN" || error.code === "EBADF") return 0;
    throw error;
  }
}
