import type { ProcFacts } from "../model/snapshot.ts";
import { placeKey, type Place, type Whereabouts } from "../derive/image.ts";
import type { Examiner, Identity } from "../identity/types.ts";
import type { Untrusted } from "../model/text.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import { openRoot, type Root } from "../platform/root.ts";
import type { Configuration } from "../supervisors/index.ts";
import type { PaceLine } from "./pace-line.ts";
import type { PreparedRoot } from "./prepare.ts";
import type { RestartFacts } from "./restarts.ts";
import type { Diagnosis, Storm } from "./result.ts";

/**
 * Opens the file systems that programs belong to, each once: the root given by the user, or the roots of the living
 * (a program in a container or chroot is judged by that root's packages, not by the host's).
 */
export interface Lookup {
  /**
   * Where the root of a program lies, by nothing but what was observed: its place, and living processes near it. Null: the
   * evidence comes from another host and no root was given, or no process of that place lives any more (`isGone`).
   */
  rootOf(place: ProgramPlace, pids: readonly (number | null | undefined)[]): string | null;
  /**
   * The same, opened: tries all that live there until one still does. Null: none does, or it may not be opened.
   */
  open(place: ProgramPlace, pids: readonly (number | null | undefined)[]): { dir: string; root: Root } | null;
  /** Whether a live host was observed on which no process of the place was left: its container has ended. */
  isGone(place: ProgramPlace): boolean;
  root(dir: string): Root | null;
  examiner(dir: string): Promise<Examiner | null>;
  /** What the supervisors of that root are told to start, if it was read ahead. */
  configuration(dir: string): Configuration | null;
}

export type ProgramPlace = Omit<Place, "id">;

/** What was found out about the program of one storm. */
export interface LookupAnswer {
  /** Where the root lies that was looked into; null: none was. */
  root: string | null;
  identity: Identity | null;
  restarts: RestartFacts[];
  /** Where whoever starts the storm's processes is told how often. Absent: not found, or not looked for. */
  pace?: PaceLine;
  /** What could not be looked at on the way. */
  couldNotLook: Diagnosis["couldNotLook"];
}

/** Answers found out earlier, perhaps on another host: used in place of looking. */
export interface LookupAnswers {
  /** Null: nobody asked about this storm's program then. */
  answerFor(storm: Storm): LookupAnswer | null;
}

/** An answer as it is kept: plain values, named by the storm's program and the process that spawned it. */
export interface RecordedAnswer extends LookupAnswer {
  program: string;
  spawner: number | null;
  /** Where the program's root lay as observed, which tells programs of one path apart. Absent in older cases. */
  place?: string;
}

export interface LookupOptions {
  /** `--root DIR`; null: this host for a live run, nowhere for logs. */
  root: string | null;
  /** The living of this host; null for logs. */
  processes: ReadonlyMap<number, ProcFacts> | null;
  /** The mount namespace of the tool itself. */
  ownMountNamespace: string | null;
  /** What was read of roots ahead (`Preparation.of`). */
  prepared?(dir: string, root: Root): PreparedRoot | null;
}

/** Where the tool itself is: its mount namespace, and what is mounted at "/" there; null: unknown. */
export type Here = Readonly<{ mountNamespace: string | null; rootMount: Untrusted | null }>;

/** Whether paths of such a place, below its root, are paths of this host: a service may have a mount namespace with the host's files. */
export function isHere({ mountNamespace, rootMount }: Whereabouts, here: Here): boolean {
  return (
    !mountNamespace ||
    mountNamespace === here.mountNamespace ||
    (here.rootMount !== null && rootMount === here.rootMount)
  );
}

export function createLookup(options: LookupOptions): Lookup {
  const roots = new Map<string, Root | null>();
  const examiners = new Map<string, Promise<Examiner | null>>();

  function root(dir: string): Root | null {
    let opened = roots.get(dir);
    if (opened === undefined) {
      try {
        opened = openRoot(dir);
      } catch {
        // Gone or not permitted: the caller says that it could not look.
        opened = null;
      }
      roots.set(dir, opened);
    }
    return opened;
  }

  // The tool itself, or another that sees what it sees.
  const own = [...(options.processes?.values() ?? [])].find(
    ({ mountNamespace, root }) => mountNamespace === options.ownMountNamespace && root === "/",
  );
  const here: Here = { mountNamespace: options.ownMountNamespace, rootMount: own?.rootMount ?? null };

  /** A chroot's directory outlives its processes. */
  function rootOfProcess(process: ProcFacts): string {
    return isHere(process, here) ? (process.root ?? "/") : `/proc/${process.pid}/root`;
  }

  /** Those near first, then the oldest: the container's init outlives the rest. */
  function livingAt(place: ProgramPlace, pids: readonly (number | null | undefined)[]): ProcFacts[] {
    const { processes } = options;
    if (processes === null) return [];
    const near = pids.map((pid) => (pid ? processes.get(pid) : undefined)).filter((p) => p !== undefined);
    const key = placeKey(place);
    if (key === null) return near;
    const all = [...processes.values()].filter((process) => placeKey(process) === key);
    all.sort((a, b) => a.startedAfterBoot - b.startedAfterBoot);
    return [...near.filter((process) => placeKey(process) === key), ...all];
  }

  function rootOf(place: ProgramPlace, pids: readonly (number | null | undefined)[]): string | null {
    if (options.root !== null) return options.root;
    if (options.processes === null) return null;
    if (place.mountNamespace !== null && isHere(place, here)) return place.root;
    const [first] = livingAt(place, pids);
    if (first !== undefined) return rootOfProcess(first);
    return place.mountNamespace === null ? "/" : null;
  }

  async function examinerOf(dir: string, opened: Root): Promise<Examiner> {
    const prepared = options.prepared?.(dir, opened)?.examiner ?? null;
    return prepared ?? (await import("../identity/index.ts")).examiner(opened);
  }

  return {
    root,
    rootOf,
    isGone: (place) => options.root === null && options.processes !== null && rootOf(place, []) === null,
    open(place, pids) {
      const dir = rootOf(place, pids);
      if (dir === null) return null;
      const fixed = dir.startsWith("/proc/") ? null : root(dir);
      if (fixed !== null) return { dir, root: fixed };
      for (const { pid, mountNamespace } of options.root === null ? livingAt(place, pids) : []) {
        const at = `/proc/${pid}/root`;
        const opened = root(at);
        // The number may be another's by now: then it is another's root.
        if (opened === null || mountNamespaceOf(pid) !== mountNamespace) continue;
        return { dir: at, root: opened };
      }
      return null;
    },
    examiner(dir) {
      let examiner = examiners.get(dir);
      if (examiner === undefined) {
        const opened = root(dir);
        // Loaded when first asked: most runs on a quiet host never ask.
        examiner = opened === null ? Promise.resolve(null) : examinerOf(dir, opened);
        examiners.set(dir, examiner);
      }
      return examiner;
    },
    configuration(dir) {
      const opened = root(dir);
      return opened === null ? null : (options.prepared?.(dir, opened)?.configuration ?? null);
    },
  };
}
