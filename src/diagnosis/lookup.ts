import type { ProcFacts } from "../model/snapshot.ts";
import type { Examiner, Identity } from "../identity/types.ts";
import { openRoot, type Root } from "../platform/root.ts";
import type { RestartFacts } from "./restarts.ts";
import type { Diagnosis, Storm } from "./result.ts";

/**
 * Opens the file systems that programs belong to, each once: the root given by the user, or the roots of the living
 * (a program in a container or chroot is judged by that root's packages, not by the host's).
 */
export interface Lookup {
  /**
   * Where the root of a program lies: by its mount namespace and by living processes near it. Null: the evidence comes
   * from another host and no root was given.
   */
  rootOf(mountNamespace: string | null, pids: readonly (number | null | undefined)[]): string | null;
  root(dir: string): Root | null;
  examiner(dir: string): Promise<Examiner | null>;
}

/** What was found out about the program of one storm. */
export interface LookupAnswer {
  /** Where the root lies that was looked into; null: none was. */
  root: string | null;
  identity: Identity | null;
  restarts: RestartFacts[];
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
}

export interface LookupOptions {
  /** `--root DIR`; null: this host for a live run, nowhere for logs. */
  root: string | null;
  /** The living of this host; null for logs. */
  processes: ReadonlyMap<number, ProcFacts> | null;
  /** The mount namespace of the tool itself. */
  ownMountNamespace: string | null;
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

  function rootOfProcess(process: ProcFacts): string {
    const here = process.mountNamespace === null || process.mountNamespace === options.ownMountNamespace;
    return here && (process.root === null || process.root === "/") ? "/" : `/proc/${process.pid}/root`;
  }

  return {
    root,
    rootOf(mountNamespace, pids) {
      if (options.root !== null) return options.root;
      if (options.processes === null) return null;
      const near = pids.map((pid) => (pid ? options.processes?.get(pid) : undefined)).filter((p) => p !== undefined);
      const same = near.find((p) => mountNamespace === null || p.mountNamespace === mountNamespace);
      if (same !== undefined) return rootOfProcess(same);
      if (mountNamespace === null || mountNamespace === options.ownMountNamespace) return "/";
      for (const process of options.processes.values())
        if (process.mountNamespace === mountNamespace) return rootOfProcess(process);
      return "/";
    },
    examiner(dir) {
      let examiner = examiners.get(dir);
      if (examiner === undefined) {
        const opened = root(dir);
        // Loaded when first asked: most runs on a quiet host never ask.
        examiner =
          opened === null ? Promise.resolve(null) : import("../identity/index.ts").then((m) => m.examiner(opened));
        examiners.set(dir, examiner);
      }
      return examiner;
    },
  };
}
