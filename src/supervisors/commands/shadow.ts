import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { errorCode } from "../files/read-config.ts";
import type { Job } from "../types.ts";

/** One file that a command could mean. */
export interface Candidate {
  /** As the search path names it: `/bin/atd`. */
  named: Untrusted;
  /** The entry itself, its directory resolved: `/usr/bin/atd` on merged-/usr; `named` when its directory is not there. */
  path: Untrusted;
  exists: boolean;
  /** A regular file (through links) with an execute bit; execvp(3) as root goes on to the next directory otherwise. */
  executable: boolean;
  /** With every link resolved; null when it does not exist. */
  realpath: Untrusted | null;
  /** `dev:ino` of the file behind the links, decimal; null when it does not exist. */
  devIno: string | null;
  /** `EACCES` and the like when it could not be looked at, else null. */
  error: string | null;
}

/** How a supervisor resolves a command. */
export interface Resolution {
  /** In search order; several names of one file (merged /usr, hard links) stand once, under the first. */
  candidates: Candidate[];
  /** The file that is started, or null: none is there, or it cannot be known. */
  resolvesTo: Untrusted | null;
  /** Other executable files of the same name later in the search; null when no search takes place or nothing is known. */
  shadows: Untrusted[] | null;
  /** What the bare name would resolve to in the supervisor's search path, for commands with an absolute path; else null. */
  wouldResolveTo: Untrusted | null;
  /** Why `resolvesTo` is null, as a code; null otherwise. */
  why: ResolutionCode | null;
}

/** Why a command is not resolved: only the script knows; no such executable; it runs in a root of its own; no permission or an I/O error. */
export const RESOLUTION_CODES = [
  "resolve.script-decides",
  "resolve.not-found",
  "resolve.own-root",
  "resolve.could-not-look",
] as const;
export type ResolutionCode = (typeof RESOLUTION_CODES)[number];

/** The part of a job that resolving needs. */
export type Command = Pick<Job, "program" | "searchPath" | "chroot">;

/**
 * Resolves a job's command in a root as its supervisor does: a name with a slash is that file (relative ones from "/",
 * where services start), a bare one is searched in the job's own search path by the rules of execvp(3). So the answer
 * shows which file wins and which ones of the same name it keeps from being started.
 */
export function resolveCommand(root: Root, job: Command): Resolution {
  const none = { candidates: [], resolvesTo: null, shadows: null, wouldResolveTo: null };
  const { program, searchPath } = job;
  if (program === null || program === "") return { ...none, why: "resolve.script-decides" };
  if (job.chroot !== undefined) return { ...none, why: "resolve.own-root" };
  const name = program.slice(program.lastIndexOf("/") + 1);
  const found = name === "" || name === "." || name === ".." ? [] : search(root, name, searchPath ?? []);
  const usable = found.filter((candidate) => candidate.executable);
  const winner = usable[0]?.path ?? null;
  if (!program.includes("/")) {
    const doubt =
      firstIndex(found, (candidate) => candidate.error !== null) <
      firstIndex(found, (candidate) => candidate.executable);
    if (winner === null || doubt)
      return {
        ...none,
        candidates: found,
        shadows: winner === null ? null : [],
        why: doubt ? "resolve.could-not-look" : "resolve.not-found",
      };
    return {
      candidates: found,
      resolvesTo: winner,
      shadows: usable.slice(1).map(({ path }) => path),
      wouldResolveTo: null,
      why: null,
    };
  }
  const itself = examine(root, program.startsWith("/") ? program : `/${program}`);
  const others = found.filter((candidate) => candidate.devIno === null || candidate.devIno !== itself.devIno);
  return {
    candidates: [itself, ...others],
    resolvesTo: itself.executable ? itself.path : null,
    shadows: itself.executable ? [] : null,
    wouldResolveTo: winner,
    why: itself.executable ? null : itself.error === null ? "resolve.not-found" : "resolve.could-not-look",
  };
}

/** Files of a name in a search path, in order, each file once. */
function search(root: Root, name: Untrusted, searchPath: readonly Untrusted[]): Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<string>();
  for (const directory of searchPath) {
    // An empty entry means the working directory, which is "/" for services.
    const named = `${directory.startsWith("/") ? directory : `/${directory}`}/${name}`.replace(/\/{2,}/g, "/");
    const candidate = examine(root, named);
    const key = candidate.devIno ?? candidate.path;
    if (seen.has(key)) continue;
    seen.add(key);
    found.push(candidate);
  }
  return found;
}

function examine(root: Root, named: Untrusted): Candidate {
  const absent: Candidate = {
    named,
    path: named,
    exists: false,
    executable: false,
    realpath: null,
    devIno: null,
    error: null,
  };
  try {
    const path = root.canonical(named) ?? named;
    const stat = root.stat(named);
    if (stat === null) return { ...absent, path };
    return {
      ...absent,
      path,
      exists: true,
      executable: stat.isFile() && (stat.mode & 0o111n) !== 0n,
      realpath: root.realpath(named),
      devIno: `${stat.dev}:${stat.ino}`,
    };
  } catch (error) {
    return { ...absent, error: errorCode(error) };
  }
}

function firstIndex<T>(list: readonly T[], test: (item: T) => boolean): number {
  const index = list.findIndex(test);
  return index < 0 ? Infinity : index;
}

/** Who owns a file, as the identity room answers; only the package's name counts here. */
export interface OwnerLike {
  manager: string;
  package: string;
  version: string;
}

/** Whether the package that ships a job also ships the program that the job starts. */
export interface OwnerComparison {
  jobOwner: OwnerLike | null;
  programOwner: OwnerLike | null;
  /** File of the same name that the job's package owns, and that is not what is started. Its presence is the strongest sign of an impostor. */
  expected?: Untrusted;
}

/**
 * Compares the owner of a job's file with the owner of what it starts. Null when nothing is resolved. Different owners
 * alone prove nothing (many units start /bin/sh); `expected` does.
 */
export function jobOwnerMismatch(
  job: Pick<Job, "file" | "definition">,
  resolution: Resolution,
  ownerOf: (path: Untrusted) => OwnerLike | null,
): OwnerComparison | null {
  const { resolvesTo } = resolution;
  if (resolvesTo === null) return null;
  const jobOwner = ownerOf(job.definition ?? job.file) ?? ownerOf(job.file);
  const programOwner = ownerOf(resolvesTo);
  const comparison: OwnerComparison = { jobOwner, programOwner };
  if (jobOwner === null || programOwner?.package === jobOwner.package) return comparison;
  const expected = resolution.candidates.find(
    ({ path, exists }) => exists && path !== resolvesTo && ownerOf(path)?.package === jobOwner.package,
  );
  return expected === undefined ? comparison : { ...comparison, expected: expected.path };
}
