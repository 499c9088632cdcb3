import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { orNull } from "./processes.mjs";
import { pause } from "./shell.mjs";

/**
 * A cgroup that holds one scenario: `limit` processes at the most, and its CPU time counted, the dead included.
 * Version 1 (controllers pids and cpuacct in hierarchies of their own) and version 2 are both handled. With `systemd` also
 * one in each hierarchy that systemd keeps its units in, so that one inside makes its own below it.
 * @returns {{folders: string[], cpuSeconds(): number|null, current(): number|null, refusals(): number|null}}
 * @throws Error when this kernel has no pids controller to bound the storm with.
 */
export function makeBounds(name, limit, { systemd = false } = {}) {
  const { pids, cpu, units } = controllers();
  if (pids === null)
    throw new Error("lab: no pids controller under /sys/fs/cgroup; a storm without a limit is not started");
  const parents = new Set([pids, cpu, ...(systemd ? units : [])]);
  const folders = [...parents].filter((parent) => parent !== null).map((parent) => `${parent}/${name}`);
  for (const folder of folders) mkdirSync(folder);
  writeFileSync(`${folders[0]}/pids.max`, String(limit));
  return openBounds(folders);
}

function openBounds(folders) {
  const read = (file) =>
    folders.map((folder) => orNull(() => readFileSync(`${folder}/${file}`, "latin1"))).find((text) => text !== null) ??
    null;
  return {
    folders,
    cpuSeconds() {
      const nanoseconds = read("cpuacct.usage");
      if (nanoseconds !== null) return Number(nanoseconds) / 1e9;
      const microseconds = /^usage_usec (\d+)/m.exec(read("cpu.stat") ?? "")?.[1];
      return microseconds === undefined ? null : Number(microseconds) / 1e6;
    },
    current: () => numberOrNull(read("pids.current")),
    refusals: () => numberOrNull(/^max (\d+)/m.exec(read("pids.events") ?? "")?.[1]),
  };
}

/** Ends what is left in the cgroups and removes them. They hold nothing but what a scenario started. */
export function removeBounds(folders) {
  for (const folder of folders.flatMap(deepestFirst)) {
    for (let round = 0; existsSync(folder); round++) {
      for (const pid of membersOf(folder)) orNull(() => process.kill(pid, "SIGKILL"));
      const failure = tryRmdir(folder);
      if (failure === null) break;
      if (round === 200) throw new Error(`lab: cannot remove ${folder}: ${failure}`);
      // EBUSY until the last dead process has been reaped.
      pause(10);
    }
  }
}

/** Cgroup folders with this prefix that some run left behind. */
export function findBounds(prefix) {
  const { pids, cpu, units } = controllers();
  const parents = [...new Set([pids, cpu, ...units])].filter((parent) => parent !== null);
  return parents.flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .map((name) => `${parent}/${name}`),
  );
}

/** Every process in a cgroup and in those below it. */
export function allMembersOf(folder) {
  return deepestFirst(folder).flatMap(membersOf);
}

/** A cgroup and those that systemd made below it. */
function deepestFirst(folder) {
  const below = orNull(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  const folders = below.filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}`);
  return [...folders.flatMap(deepestFirst), folder];
}

function membersOf(folder) {
  const text = orNull(() => readFileSync(`${folder}/cgroup.procs`, "latin1")) ?? "";
  return text
    .split("\n")
    .filter((line) => line !== "" && line !== "0")
    .map(Number);
}

function tryRmdir(folder) {
  try {
    rmdirSync(folder);
    return null;
  } catch (error) {
    return error.code === "ENOENT" ? null : error.message;
  }
}

function controllers() {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) {
    const root = "/sys/fs/cgroup";
    const has = readFileSync(`${root}/cgroup.subtree_control`, "latin1").split(/\s/).includes("pids");
    return { pids: has ? root : null, cpu: has ? root : null, units: [root] };
  }
  const v1 = (controller) => (existsSync(`/sys/fs/cgroup/${controller}/tasks`) ? `/sys/fs/cgroup/${controller}` : null);
  const units = ["systemd", "unified"].map((name) => `/sys/fs/cgroup/${name}`).filter((dir) => existsSync(dir));
  return { pids: v1("pids"), cpu: v1("cpuacct"), units };
}

const numberOrNull = (text) =>
  text === null || text === undefined || !/^\d+/.test(text) ? null : Number.parseInt(text, 10);
