import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Untrusted } from "../model/text.ts";
import type { Job, MatchKind, Restart, ResolutionCode } from "../supervisors/index.ts";

/** Name of this result's schema. Changes are additive only. */
export const SCHEMA = "whoforks/restarts/1";

/** What was asked about: a process, a file, or a unit by its name (of one supervisor, or of any). */
export type Question =
  | { kind: "process"; pid: number }
  | { kind: "file"; path: Untrusted }
  | { kind: "name"; supervisor: string | null; name: Untrusted };

/** A process on the way from PID 1 to the one that was asked about. */
export interface LineMember {
  pid: number;
  comm: Untrusted;
  /** As seen from its own root; null when it may not be read. */
  exe: Untrusted | null;
  argv: Untrusted[] | null;
}

/** By what a job was taken for the one: as in `find.ts`, or because it bears the name or was asked for by its file's name. */
export type ToldBy = MatchKind | "name" | "program-name";

/** A job that starts what was asked about. `storm` is null: nothing was observed, so no rate is known. */
export interface WhyRestart extends Omit<Restart, "storm" | "limitAllowsRate"> {
  storm: null;
  limitAllowsRate: null;
  toldBy: ToldBy[];
  restarts: Job["restarts"];
  atLimit: Job["atLimit"];
  delaySeconds: number;
  everySeconds: number | null;
  minimumLifeSeconds: number | null;
  /** Why the supervisor would not start it by itself; null: it would. */
  inactive: Job["inactive"] | null;
  /** The job's own file where `file` is a drop-in or override of it. */
  definition: Untrusted | null;
  script: { file: Untrusted; line: number } | null;
  /** Script that every command of this supervisor goes through. */
  through: Untrusted | null;
  expects: string | null;
  /** Whether it asks if something is well: a health check; `unit` is what it asks about. */
  isCheck: boolean;
  /** Why the command resolves to nothing, or null. */
  unresolved: ResolutionCode | null;
  /** Lists of exit statuses and signals by which a service of systemd comes back or does not; null: none, or elsewhere. */
  exitStatuses: { directive: Untrusted; file: Untrusted; line: number }[] | null;
  /** Units that start this unit of systemd by a link in their `.wants` and the like; none: it is not enabled. Null elsewhere. */
  wantedBy: Untrusted[] | null;
  /** What the running systemd counted; null elsewhere. */
  counted: { restarts: number; result: string } | null;
  /** The command that keeps it from being started for now, and the one that takes that back; null: there is none. */
  stop: Untrusted[] | null;
  undo: Untrusted[] | null;
}

/** The answer to `whoforks why`. */
export interface Why {
  schema: typeof SCHEMA;
  tool: { name: "whoforks"; version: string };
  asked: Untrusted;
  /** Where the root lies on the host whose configuration was read. */
  root: Untrusted;
  verdict: { outcome: "found" | "not-found" | "could-not-look"; code: string; args: Record<string, unknown> };
  /** From PID 1 to the process that was asked about; empty for a file or a unit. */
  line: LineMember[];
  /** Which of `line` the jobs start, by its place; null when none. */
  starts: number | null;
  restarts: WhyRestart[];
  /** Supervisors whose configuration was read. */
  looked: string[];
  couldNotLook: CouldNotLook[];
}

/** How a job comes to start its program: the last part of a `why.*` code. */
export function howOf({ inactive, isCheck, restarts }: WhyRestart): string {
  if (inactive !== null) return "would-not";
  if (isCheck) return "checks";
  if (restarts === "on-schedule" || restarts === "on-demand" || restarts === "never") return restarts;
  return "brings-back";
}
