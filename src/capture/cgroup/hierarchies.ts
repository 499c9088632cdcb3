import { readFileSync } from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";

/** A mounted cgroup hierarchy that counts CPU time. */
export interface Hierarchy {
  /** `cpuacct` of version 1, or the unified one of version 2: the first word of `ProcFacts.cpuCgroup`. */
  kind: "cpuacct" | "unified";
  /** Where it is mounted. */
  dir: Untrusted;
  /** The cgroup that is mounted there: `/`, or a container's own. */
  root: Untrusted;
}

/** The hierarchies of this host that count CPU time; [] where none is mounted or /proc does not tell. */
export function hierarchies(): Hierarchy[] {
  let text: Buffer;
  try {
    text = readFileSync("/proc/self/mountinfo");
  } catch {
    // No usual /proc: then nothing is known of cgroups either.
    return [];
  }
  return parseMountinfo(fromBytes(text));
}

/**
 * Picks them out of /proc/PID/mountinfo (proc_pid_mountinfo(5)):
 * `33 27 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct`. The first mount of each kind counts.
 */
export function parseMountinfo(text: Untrusted): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of text.split("\n")) {
    const [mount, system] = line.split(" - ", 2);
    const [type, , options] = system?.split(" ") ?? [];
    const [, , , root, dir] = mount?.split(" ") ?? [];
    if (root === undefined || dir === undefined) continue;
    const kind = kindOf(type, options);
    if (kind === null || found.some((other) => other.kind === kind)) continue;
    found.push({ kind, dir: unescaped(dir), root: unescaped(root) });
  }
  return found;
}

function kindOf(type: string | undefined, options: string | undefined): Hierarchy["kind"] | null {
  if (type === "cgroup2") return "unified";
  return type === "cgroup" && options?.split(",").includes("cpuacct") === true ? "cpuacct" : null;
}

/** Blank, tab, newline and backslash are written in octal (fs/proc_namespace.c mangle). */
function unescaped(word: Untrusted): Untrusted {
  return word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * The cgroup whose CPU time counts for a process, from /proc/PID/cgroup (cgroups(7)): `cpuacct:/PATH` or `unified:/PATH`.
 * On hosts with both, many leave one of them unused: the first that is not its hierarchy's root. Null at the root of all.
 */
export function pickCpuCgroup(text: Untrusted): Untrusted | null {
  let unified: Untrusted | null = null;
  for (const line of text.split("\n")) {
    const head = /^\d+:([^:]*):/.exec(line);
    if (head === null) continue;
    const path = line.slice(head[0].length);
    if (path === "/") continue;
    if (head[1] === "") unified = `unified:${path}`;
    else if ((head[1] as string).split(",").includes("cpuacct")) return `cpuacct:${path}`;
  }
  return unified;
}
