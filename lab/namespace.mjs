import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./launch.mjs";
import { orNull } from "./processes.mjs";

const ENTER = fileURLToPath(new URL("enter.sh", import.meta.url));

/**
 * Starts `command` as PID 1 of its own PID, mount, UTS and IPC namespaces, bounded by the cgroups and by `seconds`.
 * With `network` it has a network of its own as well: loopback and nothing else.
 * @returns the handle of `launch`
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
  const argv = [
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
    "sh",
    `${dir}/enter.sh`,
    dir,
    ...[pidMax, loginUid].map(orDash),
    network ? "net" : "-",
    ...command,
  ];
  const initOf = () => {
    const text = orNull(() => readFileSync(`${dir}/init.pid`, "latin1"));
    return text === null ? null : Number(text);
  };
  return launch({ dir, cgroups, seconds, nice, argv, initOf });
}

const orDash = (value) => (value === null ? "-" : String(value));
