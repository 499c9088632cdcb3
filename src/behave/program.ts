import type { Untrusted } from "../model/text.ts";
import { addTally, type Life, type Tally } from "./life.ts";
import type { CallCount, ProgramBehaviour } from "./result.ts";
import { errnoName, type Steps } from "./steps.ts";
import { Variants } from "./variants.ts";

/** The sums of all processes of one program. */
export class Program {
  exe: Untrusted | null;
  comm: Untrusted;
  processes = 0;
  readonly #tallies = new Map<number, Tally>();
  readonly #system = new Variants();
  #library = new Variants();
  readonly #killed = new Map<number, number>();

  constructor(exe: Untrusted | null, comm: Untrusted) {
    this.exe = exe;
    this.comm = comm;
  }

  /** Takes a process over: `dead` with its end, or as far as it has come when the recording ends. */
  take(life: Life, dead: boolean, killedBy: number | null): void {
    this.processes++;
    for (const [call, tally] of life.tallies) addTally(this.#tallies, call, tally);
    if (!dead) return;
    if (killedBy !== null) this.#killed.set(killedBy, (this.#killed.get(killedBy) ?? 0) + 1);
    if (!life.whole) return;
    // Every process makes a system call, if only to end: none means that they were not recorded.
    if (life.system.length > 0) this.#system.add(life.system);
    if (life.library.length > 0 && !life.libraryCut) this.#library.add(life.library);
  }

  /** Forgets a call, and the library calls of the lives so far, which had it among them. */
  drop(call: number): void {
    this.#tallies.delete(call);
    this.#library = new Variants();
  }

  told(steps: Steps): ProgramBehaviour {
    const calls = [...this.#tallies].map(([call, tally]) => counted(call, tally, steps));
    return {
      program: { exe: this.exe, comm: this.comm },
      processes: this.processes,
      killed: [...this.#killed].map(([signal, count]) => ({ signal, count })),
      calls: calls.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
      generations: [this.#system.told("system", steps), this.#library.told("library", steps)].filter((g) => g !== null),
    };
  }
}

function counted(call: number, tally: Tally, steps: Steps): CallCount {
  const { kind, name, library } = steps.callName(call);
  const errors = [...(tally.errors ?? [])].map(([errno, count]) => ({ error: errnoName(errno), count }));
  return {
    kind,
    name,
    library,
    count: tally.count,
    errors: errors.sort((a, b) => b.count - a.count),
    seconds: tally.returned === 0 ? null : tally.ns / 1e9,
  };
}
