import { spawn } from "node:child_process";
import { closeSync, constants, copyFileSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { killSame, startTicks, stateOf } from "./processes.mjs";
import { pause, run, until } from "./shell.mjs";

const ENTER = fileURLToPath(new URL("enter.sh", import.meta.url));

/**
 * Starts `command` as PID 1 of its own PID, mount, UTS and IPC namespaces, bounded by the cgroups and by `seconds`,
 * after which timeout(1) kills it even if the lab itself is gone.
 * With `network` it has a network of its own as well: loopback and nothing else.
 * @returns handle: initPid (the host's number), closed (a promise), kill(), console() (the last 64 KiB it printed)
 */
export async function enterNamespace({
  dir,
  command,
  cgroups,
  seconds,
  nice = 0,
  pidMax = null,
  loginUid = null,
  network = false,
}) {
  // From the run's own folder, so that nothing in a recorded log speaks of where the checkout lies.
  copyFileSync(ENTER, `${dir}/enter.sh`);
  run("mkfifo", ["-m", "600", `${dir}/console`]);
  // Held open for reading and writing, so that writers inside never wait for a reader.
  const console = openSync(`${dir}/console`, constants.O_RDWR | constants.O_NONBLOCK);
  const join = cgroups.map((folder) => `echo $$ >"${folder}/cgroup.procs"`).join(" && ");
  const unshare = [
    "unshare",
    "--pid",
    "--fork",
    "--kill-child=KILL",
    "--mount",
    "--propagation",
    "private",
    "--uts",
    "--ipc",
    ...(network ? ["--net"] : []),
  ];
  const argv = ["timeout", "-s", "KILL", String(seconds), "nice", "-n", String(nice), ...unshare];
  argv.push("sh", `${dir}/enter.sh`, dir, ...[pidMax, loginUid].map(orDash), network ? "net" : "-", ...command);
  let printed = "";
  const child = spawn("sh", ["-c", `${join} && exec "$@"`, "lab", ...argv], {
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

  await until(() => gone || existsSync(`${dir}/init.pid`), 10_000);
  if (!existsSync(`${dir}/init.pid`)) {
    killSame(child.pid, startTicks(child.pid));
    throw new Error(`lab: the namespace did not come up: ${complaint.trim() || "no message"}`);
  }
  const initPid = Number(readFileSync(`${dir}/init.pid`, "latin1"));
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

const orDash = (value) => (value === null ? "-" : String(value));

function readNow(fd, bytes) {
  try {
    return readSync(fd, bytes);
  } catch (error) {
    if (error.code === "EAGAIN" || error.code === "EBADF") return 0;
    throw error;
  }
}
