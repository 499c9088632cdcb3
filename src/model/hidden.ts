import type { Untrusted } from "./text.ts";

/**
 * Who saw a process. `events`: it was forked within the window and its end was not reported; `number`: asking for its
 * number alone; `cgroup`: the lists of processes of cgroups; `children`: its parent's list of children; `raw-listing`:
 * getdents64(2) on /proc without the C library; `own-proc`: a procfs of the tool's own, mounted nowhere.
 */
export type Witness = "events" | "number" | "cgroup" | "children" | "raw-listing" | "own-proc";

/** `listing`: readdir(3) of /proc does not name it, so ps and top do not either; `lookup`: /proc/PID is not its own. */
export type Absence = "listing" | "lookup";

/** A process that lives and that /proc does not show as it should. */
export interface HiddenProcess {
  pid: number;
  /** ISO 8601 UTC; null: not told. */
  startedAt: string | null;
  comm: Untrusted | null;
  exe: Untrusted | null;
  seenBy: Witness[];
  missingFrom: Absence[];
}

/** How it was looked for. */
export interface HiddenLook {
  rounds: number;
  seconds: number;
  /** Each witness with the processes (of `number`: numbers) it told of, or why it could not be asked. */
  witnesses: { witness: Witness; told: number; why: string | null }[];
  /** Libraries that are loaded into every program, the tool itself included, before its own (ld.so(8)). */
  preloaded: Untrusted[];
}

/** Looked: which processes are hidden, [] when none. */
export interface HiddenAccount {
  processes: HiddenProcess[];
  look: HiddenLook;
}
