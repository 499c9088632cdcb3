import { statSync } from "node:fs";
import { snapshot } from "../capture/procfs/snapshot.ts";
import { createLookup, type Lookup } from "../diagnosis/lookup.ts";
import type { IdentifiedFile, NotLooked } from "../identity/result.ts";
import { concernOf, reason } from "../identity/index.ts";
import type { Examiner, Identity, Owner, Reason } from "../identity/types.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import { isAlive, startTicks } from "../platform/process-identity.ts";
import type { Root } from "../platform/root.ts";
import type { FileRules } from "../rules/index.ts";
import { subjectOf, type Subject } from "./subject.ts";
import { identified, withReasons } from "./identified.ts";

/** How often a process may change its program before nothing is said of it. */
const TRIES = 3;

/** Judges the programs of processes, each in the root that its process sees. */
export class ProcessPrograms {
  readonly #processes = new Map<number, ProcFacts>();
  readonly #host: Examiner | null;
  readonly #rules: FileRules | null;
  #lookup: Lookup | null = null;

  /**
   * `host`: of this host's own root, when it is at hand; its package database is then read once for both. `rules` are looked
   * for in each program, and in the script or program that it carries out.
   */
  constructor(host: Examiner | null = null, rules?: FileRules) {
    this.#host = host;
    this.#rules = rules ?? null;
  }

  /** All that live now, as `asShipped` and `identify` take them. */
  look(): ReadonlyMap<number, ProcFacts> {
    const { processes } = snapshot();
    this.#processes.clear();
    for (const [pid, facts] of processes) this.#processes.set(pid, facts);
    // One for all looks: it keeps the package databases of the roots that it has opened.
    this.#lookup ??= createLookup({
      root: null,
      processes: this.#processes,
      ownMountNamespace: mountNamespaceOf("self"),
      prepared: (dir, root) =>
        dir === "/" && this.#host !== null ? { root, examiner: this.#host, configuration: null } : null,
    });
    return this.#processes;
  }

  /** `device:inode` of the file that a process runs; null: gone, or not permitted. */
  fileOf(facts: ProcFacts): string | null {
    try {
      const { dev, ino } = statSync(`/proc/${facts.pid}/exe`, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      return null;
    }
  }

  /** The owner of a program that is at its path what its package shipped, and against which nothing speaks; else null. */
  async asShipped(facts: ProcFacts): Promise<Owner | null> {
    const at = facts.exe === null ? null : await this.#open(facts);
    if (facts.exe === null || at === null) return null;
    try {
      const stat = at.root.stat(facts.exe);
      if (stat === null || `${stat.dev}:${stat.ino}` !== this.fileOf(facts)) return null;
      const owner = at.examiner.asShipped(facts.exe, processOf(facts));
      const subject = subjectOf(at.root, facts);
      if (subject === null) return owner;
      return subject.how === "script" && at.examiner.asShipped(subject.path) !== null ? owner : null;
    } catch {
      // The root went with its process: `identify` says so.
      return null;
    }
  }

  /** What the process runs now. A number that goes to another process meanwhile, or a program that changes, is no answer. */
  async identify(pid: number): Promise<IdentifiedFile | NotLooked> {
    const what = String(pid);
    for (let tries = 0; tries < TRIES; tries++) {
      const ticks = startTicks(pid);
      if (ticks === null) return { what, code: "identify.no-process", args: { pid }, error: null };
      const facts = this.look().get(pid);
      if (facts === undefined) return { what, code: "identify.process-ended", args: { pid }, error: null };
      if (facts.kernelThread) {
        const { comm } = facts;
        return { what, code: "identify.kernel-thread", args: { pid, comm }, error: null };
      }
      if (facts.exe === null) return withoutProgram(facts);
      const answer = await this.#identify(facts, facts.exe);
      if (!isAlive({ pid, startTicks: ticks })) {
        return { what, code: "identify.process-ended", args: { pid }, error: null };
      }
      if (this.look().get(pid)?.exe === facts.exe) return answer;
    }
    return { what, code: "identify.program-changes", args: { pid }, error: null };
  }

  async #identify(facts: ProcFacts, exe: string): Promise<IdentifiedFile | NotLooked> {
    const { pid } = facts;
    const at = await this.#open(facts);
    if (at === null) return { what: String(pid), code: "identify.no-root", args: { pid, path: exe }, error: null };
    const process = processOf(facts);
    const { comm, argv0 } = process;
    const identity = at.examiner.identify(exe, { process });
    const subject = subjectOf(at.root, facts);
    if (subject !== null) identity.reasons.unshift(subjectReason(at.examiner.identify(subject.path), subject));
    const judged = identified(at.root, identity, { pid, comm, argv0 });
    return withReasons(at.root, judged, await this.#matches(facts, at.root, subject));
  }

  /** Whether its program, or what that carries out, matches a rule. */
  async matchesRules(facts: ProcFacts): Promise<boolean> {
    if (this.#rules === null) return false;
    const at = await this.#open(facts);
    const subject = at === null ? null : subjectOf(at.root, facts);
    return (await this.#matches(facts, at?.root ?? null, subject)).length > 0;
  }

  async #matches({ pid, exe }: ProcFacts, root: Root | null, subject: Subject | null): Promise<Reason[]> {
    if (this.#rules === null || exe === null) return [];
    const ofProgram = await this.#rules.matchesOfProcess(pid, exe);
    const ofSubject = root === null || subject === null ? [] : await this.#rules.matches(root, subject.path);
    return [...ofProgram, ...ofSubject];
  }

  /** The file that a process is about, where it is not the one that it runs; null: that one. */
  async subjectOf(facts: ProcFacts): Promise<string | null> {
    const at = await this.#open(facts);
    return at === null ? null : (subjectOf(at.root, facts)?.path ?? null);
  }

  async #open(facts: ProcFacts): Promise<{ root: Root; examiner: Examiner } | null> {
    const { mountNamespace, root, rootMount } = facts;
    const place = { mountNamespace, root: root ?? "/", rootMount: rootMount ?? null };
    const opened = this.#lookup?.open(place, [facts.pid]) ?? null;
    const examiner = opened === null ? null : await this.#lookup?.examiner(opened.dir);
    return opened === null || !examiner ? null : { root: opened.root, examiner };
  }
}

/** What the script, or the program of the loader, adds: as heavy as it is a concern. */
function subjectReason(identity: Identity, { path, how }: Subject): Identity["reasons"][number] {
  const { verdict } = identity;
  const heavy = concernOf(identity) === "problem";
  if (how === "script") return reason("identity.runs-script", heavy ? "strong" : "weak", { path, verdict });
  // Packages start nothing that way.
  return reason("identity.run-by-loader", heavy ? "strong" : "medium", { path, verdict });
}

function processOf({ pid, comm, argv }: ProcFacts): { pid: number; comm: string; argv0: string | null; exe: string } {
  return { pid, comm, argv0: argv?.[0] ?? null, exe: `/proc/${pid}/exe` };
}

/** Why a living process shows no program: it is a zombie, or this user may not see it. */
function withoutProgram({ pid, comm, state }: ProcFacts): NotLooked {
  if (state === "Z") return { what: String(pid), code: "identify.zombie", args: { pid, comm }, error: null };
  return { what: String(pid), code: "identify.no-permission", args: { pid, comm }, error: "EACCES" };
}
