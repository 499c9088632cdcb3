import { ListeningSockets } from "../capture/procfs/listening.ts";
import type { Actor } from "../derive/family.ts";
import type { Derived } from "../derive/index.ts";
import { actorsOf } from "../detect/servers.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Listening, ListeningLook } from "../model/listening.ts";
import type { ProcFacts, Snapshot } from "../model/snapshot.ts";

/** Who has started fewer is no server that is worth a look: detectors ask for eight logins and more. */
const MIN_STARTS = 8;
const MOST_LOOKED_AT = 32;
/** Of other processes of its program, when one listens on nothing itself: sshd's sessions run the program of the one that listens. */
const MOST_OF_PROGRAM = 16;

/**
 * Looks on which sockets those listen who started many processes in the window and live on. What may not be seen is said
 * once for all of them.
 */
export function listeningOf(derived: Derived, after: Snapshot): { listening: ListeningLook; unseen: CouldNotLook[] } {
  const sockets = new ListeningSockets();
  const listening = new Map<number, Listening>();
  const unseen: { pid: number; why: string }[] = [];
  for (const { pid, image } of mostStarting(derived)) {
    const process = after.processes.get(pid);
    // Another process may have the number by now.
    if (process === undefined || (image.exe !== null && process.exe !== image.exe && process.exe !== image.runs))
      continue;
    const own = sockets.of(pid, process.startedAfterBoot);
    if (own === null) continue;
    const found = "why" in own || own.sockets.length > 0 ? own : (ofProgram(process, after, sockets) ?? own);
    listening.set(pid, found);
    if ("why" in found) unseen.push({ pid, why: found.why });
  }
  const [first] = unseen;
  if (first === undefined) return { listening, unseen: [] };
  const pids = unseen.slice(0, 3).map(({ pid }) => pid);
  const what = `on which sockets those listen who start processes (PID ${pids.join(", ")}${unseen.length > 3 ? ", …" : ""})`;
  return {
    listening,
    unseen: [{ code: "procfs.sockets", what, why: first.why, remedy: "sudo whoforks diagnose" }],
  };
}

/** What another living process of the same program listens on, the oldest first. */
function ofProgram(
  { pid, exe, mountNamespace }: ProcFacts,
  after: Snapshot,
  sockets: ListeningSockets,
): Listening | null {
  const others = [...after.processes.values()]
    .filter(
      (other) => exe !== null && other.exe === exe && other.mountNamespace === mountNamespace && other.pid !== pid,
    )
    .sort((a, b) => a.startedAfterBoot - b.startedAfterBoot);
  for (const other of others.slice(0, MOST_OF_PROGRAM)) {
    const found = sockets.of(other.pid, other.startedAfterBoot);
    if (found !== null && !("why" in found) && found.sockets.length > 0) return found;
  }
  return null;
}

/** Processes that started or copied the most. */
function mostStarting({ families }: Derived): Actor[] {
  return actorsOf(families)
    .filter(({ count }) => count >= MIN_STARTS)
    .slice(0, MOST_LOOKED_AT)
    .map(({ actor }) => actor);
}
