import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { killSame, startTicks, stateOf } from "./processes.mjs";
import { pause, run, until } from "./shell.mjs";

/**
 * Starts what makes the namespaces of a scenario, bounded by the cgroups and by `seconds`, after which timeout(1) kills
 * it even if the lab itself is gone. What is written to DIR/console is kept.
 * @param argv the program that makes them, and its arguments
 * @param initOf gives the host's number of their PID 1, or null while there is none
 * @returns handle: initPid (the host's number), closed (a promise), kill(), console() (the last 64 KiB it printed)
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

  const initPid = await until(() => initOf() ?? gone, 10_000);
  if (typeof initPid !== "number") {
    clearInterval(drainer);
    drain();
    killSame(child.pid, startTicks(child.pid));
    throw new Error(`lab: the namespace did not come up: ${complaint.trim() || printed.trim() || "no message"}`);
  }
  const initTicks = startTicks(initPid);
  return {
    initPid,
    initTicks,
    closed,
    console() {
      drain();
      return printed;
    },
    /** Kills PID 1 of the namespace, and with it everything inside. Synchronous: it also serves an exit handler. */
    kill() {
      clearInterval(drainer);
      killSame(initPid, initTicks);
      for (let round = 0; round < 500 && startTicks(initPid) === initTicks && stateOf(initPid) !== "Z"; round++)
        pause(5);
      drain();
      closeSync(console);
    },
  };
}

function readNow(fd, bytes) {
  try {
    return readSync(fd, bytes);
  } catch (error) {
    if (error.code === "EAGAIN" || error.code === "EBADF") return 0;
    throw error;
  }
}
