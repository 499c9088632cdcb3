import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { run } from "./shell.mjs";
import { startTicks } from "./processes.mjs";

/** Every folder, mount and cgroup of the lab begins so; the next run clears what a killed one left. */
export const PREFIX = "whoforks-lab-";

const OVERLAYFS = 0x794c7630;
const PLACES = ["/var/tmp", "/tmp", "/dev/shm"];

/** The folder for scenarios: the first that is not itself an overlay, which could not carry an upper layer. */
export function labParent() {
  const place = PLACES.find((path) => existsSync(path) && Number(statfsSync(path).type) !== OVERLAYFS);
  if (place === undefined) throw new Error(`lab: none of ${PLACES.join(", ")} can hold an overlay's upper layer`);
  return place;
}

/** Makes the folder of a run, marked with its owner so that another run leaves it alone while the owner lives. */
export function makeFolder(note) {
  const dir = mkdtempSync(`${labParent()}/${PREFIX}`);
  const owner = { pid: process.pid, ticks: startTicks(process.pid) };
  writeFileSync(`${dir}/lab.json`, JSON.stringify({ ...note, owner }));
  for (const name of ["upper", "work", "root"]) mkdirSync(`${dir}/${name}`, { mode: 0o755 });
  return dir;
}

/** Mounts the host's root or another tree, copy on write, at DIR/root. Nothing that happens there reaches its files. */
export function mountRoot(dir, lower = "/") {
  run("mount", [
    "-t",
    "overlay",
    "-o",
    `lowerdir=${lower},upperdir=${dir}/upper,workdir=${dir}/work`,
    PREFIX + "root",
    `${dir}/root`,
  ]);
  return `${dir}/root`;
}

/** Mount points at or below a folder, deepest first (/proc/self/mountinfo, field 5). */
export function mountsBelow(dir) {
  return readFileSync("/proc/self/mountinfo", "latin1")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point === dir || point.startsWith(`${dir}/`))
    .sort((a, b) => b.length - a.length);
}

/** Unmounts and deletes the folder of a run. Refuses to delete through anything still mounted there. */
export function removeFolder(dir) {
  if (!dir.includes(`/${PREFIX}`)) throw new Error(`lab: ${dir} is not a folder of the lab`);
  for (const point of mountsBelow(dir)) run("umount", ["-l", point]);
  const left = mountsBelow(dir);
  if (left.length > 0) throw new Error(`lab: still mounted: ${left.join(", ")}`);
  rmSync(dir, { recursive: true, force: true });
}
