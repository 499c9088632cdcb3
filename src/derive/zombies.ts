import type { ProcFacts, Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";

/** A living process with dead children that it has not waited for. */
export interface ZombieParent {
  pid: number;
  comm: Untrusted;
  exe: Untrusted | null;
  /** Its number in its own PID namespace: 1 for one that stands where an init should. */
  namespacePid: number;
  /** Zombies that it has in the end, and those of them that were none in the beginning. */
  zombies: number;
  fresh: number;
  /** The task name that most of them bear. */
  ofComm: Untrusted;
}

/**
 * Who has zombies (state Z of /proc/PID/stat: ended, and not waited for), by two looks at all that live; the one with the
 * most new ones first. A process is the same in both looks by its number and its start.
 */
export function zombieParents(before: Snapshot, after: Snapshot): ZombieParent[] {
  const parents = new Map<number, { fresh: number; comms: Map<Untrusted, number>; zombies: number }>();
  for (const zombie of after.processes.values()) {
    if (zombie.state !== "Z") continue;
    let counted = parents.get(zombie.ppid);
    if (counted === undefined) parents.set(zombie.ppid, (counted = { fresh: 0, comms: new Map(), zombies: 0 }));
    counted.zombies++;
    counted.comms.set(zombie.comm, (counted.comms.get(zombie.comm) ?? 0) + 1);
    if (!wasZombie(before.processes.get(zombie.pid), zombie)) counted.fresh++;
  }
  const found: ZombieParent[] = [];
  for (const [pid, { fresh, zombies, comms }] of parents) {
    const parent = after.processes.get(pid);
    if (parent === undefined) continue;
    const [most] = [...comms].sort((a, b) => b[1] - a[1]);
    const { comm, exe, namespacePid } = parent;
    found.push({ pid, comm, exe, namespacePid, zombies, fresh, ofComm: most?.[0] ?? "" });
  }
  return found.sort((a, b) => b.fresh - a.fresh);
}

function wasZombie(before: ProcFacts | undefined, now: ProcFacts): boolean {
  return before !== undefined && before.state === "Z" && before.startedAfterBoot === now.startedAfterBoot;
}
