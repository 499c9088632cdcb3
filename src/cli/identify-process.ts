import { snapshot } from "../capture/procfs/snapshot.ts";
import { createLookup, type Lookup } from "../diagnosis/lookup.ts";
import type { IdentifiedFile, NotLooked } from "../identity/result.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import { isAlive, startTicks } from "../platform/process-identity.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { identified } from "./identified.ts";

/** How often a process may change its program before nothing is said of it. */
const TRIES = 3;

/** Judges the programs of processes, each in the root that its process sees. */
export class ProcessPrograms {
  #lookup: Lookup | null = null;
  #processes: ReadonlyMap<number, ProcFacts> = new Map();

  /** What the process runs now. A number that goes to another process meanwhile, or a program that changes, is no answer. */
  async identify(pid: number): Promise<IdentifiedFile | NotLooked> {
    const what = String(pid);
    for (let tries = 0; tries < TRIES; tries++) {
      const ticks = startTicks(pid);
      if (ticks === null) return { what, code: "identify.no-process", args: { pid }, error: null };
      this.#look();
      const facts = this.#processes.get(pid);
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
      this.#look();
      if (this.#processes.get(pid)?.exe === facts.exe) return answer;
    }
    return { what, code: "identify.program-changes", args: { pid }, error: null };
  }

  async #identify(facts: ProcFacts, exe: string): Promise<IdentifiedFile | NotLooked> {
    const { pid, comm, argv } = facts;
    const place = { mountNamespace: facts.mountNamespace, root: facts.root ?? "/", rootMount: facts.rootMount ?? null };
    const opened = this.#lookup?.open(place, [pid]) ?? null;
    const examiner = opened === null ? null : await this.#lookup?.examiner(opened.dir);
    if (opened === null || !examiner) {
      return { what: String(pid), code: "identify.no-root", args: { pid, path: exe }, error: null };
    }
    const argv0 = argv?.[0] ?? null;
    const process = { pid, comm, argv0, exe: `/proc/${pid}/exe` };
    return identified(opened.root, examiner.identify(exe, { process }), { pid, comm, argv0 });
  }

  #look(): void {
    this.#processes = snapshot().processes;
    this.#lookup = createLookup({
      root: null,
      processes: this.#processes,
      ownMountNamespace: mountNamespaceOf("self"),
    });
  }
}

/** Why a living process shows no program: it is a zombie, or this user may not see it. */
function withoutProgram({ pid, comm, state }: ProcFacts): NotLooked {
  if (state === "Z") return { what: String(pid), code: "identify.zombie", args: { pid, comm }, error: null };
  return { what: String(pid), code: "identify.no-permission", args: { pid, comm }, error: "EACCES" };
}
