import type { Derived } from "../derive/index.ts";
import type { Actor, Family } from "../derive/family.ts";
import type { ZombieParent } from "../derive/zombies.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { ListeningLook } from "../model/listening.ts";

/** What the sources of this run can tell; a detector that needs more answers "could not look". */
export interface Known {
  /** True, or why the evidence has no exit statuses. */
  exitStatus: true | CouldNotLook;
  lineage: boolean;
  lifetimes: boolean;
  /** A tick of the evidence's clock, ns: shorter times mean nothing. Absent: times are as good as they look. */
  tickNs?: number;
}

/** All that a detector may look at. */
export interface View {
  derived: Derived;
  known: Known;
  /** Programs and all that they started, grouped by the starting program. */
  spawners: SpawnerGroup[];
  /** Who has zombies, by two looks at all that live; null: nobody looked. */
  zombies: readonly ZombieParent[] | null;
  /** ms since 1970 at the origin of event times; null: not known. */
  startEpochMs: number | null;
  /** On which sockets those listen who start many processes; nobody is in it where nobody looked. */
  listening: ListeningLook;
  /** TCP connections accepted in the window in the tool's network namespace; null: not counted. */
  accepted: number | null;
  /** Length of the window or of the log, seconds. */
  seconds: number;
}

/** Everything that processes of one program started. */
export interface SpawnerGroup {
  /** The program (`imageKey`): the same path in two containers is two. */
  key: string;
  /** The program's file, or `(task name)`. */
  name: string;
  families: Family[];
  starts: number;
  /** The process that started most of it, with its count and its share of what was spawned. */
  top: { actor: Actor; count: number; share: number } | null;
}

/** A sentence that speaks for or against a hypothesis. */
export interface Reason {
  code: string;
  args: Record<string, unknown>;
  weighs: "for" | "against";
}

/** One hypothesis that holds: what it is about and how sure it is. */
export interface Finding {
  kind: string;
  /** The program that makes the storm, by its largest family. */
  subject: Family;
  /** All families that this finding explains; none where it is not about processes (threads). */
  covers: Family[];
  /** Processes started by it, and how many a second while it ran. */
  starts: number;
  perSecond: number;
  spawner: Actor | null;
  benign: boolean;
  confidence: "high" | "medium" | "low";
  reasons: Reason[];
  /** Facts of this kind that the causal story needs: names of programs, a script, an ending. */
  facts: Record<string, unknown>;
}

export type Outcome =
  { state: "found"; findings: Finding[] } | { state: "none" } | ({ state: "could-not-look" } & CouldNotLook);

/** One hypothesis about why processes come and go. A pure function of the view; it never throws. */
export interface Detector {
  readonly kind: string;
  detect(view: View): Outcome;
}
