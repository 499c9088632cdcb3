import type { ProcessEvent } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";
import { quantileOf } from "./distribution.ts";
import type { Actor, Family } from "./family.ts";
import type { Image } from "./image.ts";
import { forgetIdle } from "./forget-idle.ts";
import { imageKey } from "./index.ts";
import type { LivesLimits } from "./life.ts";
import { Lives } from "./lives.ts";
import { Ledgers, type ReaperCount, type Stretch } from "./stretch.ts";

/** A program as it is shown: the file, or null while only the task name is known. */
export interface ProgramName {
  exe: Untrusted | null;
  comm: Untrusted;
  bits: 32 | 64 | null;
  /** Mount namespace in which a process of it was last met, or null. */
  mountNamespace: string | null;
}

/** What one (spawner → program) did in the window. Rates are per second of it. */
export interface RollingRow {
  /** The same for the same pair as long as it is shown. Untrusted. */
  key: string;
  program: ProgramName;
  /** Null: nobody was seen forking them. `pid` is that of the process that started most of them, null when none did in the window. */
  spawner: (ProgramName & { pid: number | null }) | null;
  startsPerSecond: number;
  /** Share (0..1) of the starts that were copies: forks that went on with their parent's program. */
  copies: number;
  endsPerSecond: number;
  /** Median from fork to end of those that ended, ns; null where no such end was seen. */
  medianLifeNs: number | null;
  /** Sum of the lifetimes of those that ended, ns. */
  livedNs: number;
  /** Ends in the window. `old`: of those that had begun before the window (or unseen), and whose CPU is older, too. */
  ends: { total: number; ok: number; failed: number; signalled: number; unknown: number; old: number };
  reapers: ReaperCount[];
  alive: number;
  /** One that lives, or null. */
  memberPid: number | null;
  /** Cgroup in which most of its processes were met that were looked at; null: none was. */
  cgroup: Untrusted | null;
}

/** The window that has passed, with its rows (unordered). */
export interface RollingWindow {
  /** Its length so far. */
  seconds: number;
  forksPerSecond: number;
  threadsPerSecond: number;
  execsPerSecond: number;
  exitsPerSecond: number;
  rows: RollingRow[];
}

/** One that lives now, in the row `key`. */
export interface Living extends Omit<ProgramName, "bits"> {
  pid: number;
  /** At its fork. */
  parentPid: number;
  key: string;
}

interface Sums {
  seconds: number;
  forks: number;
  threads: number;
  execs: number;
  exits: number;
}

/** A family's stretches in the window, newest last; `slots` says in which looks they were taken. */
interface Recent {
  stretches: Stretch[];
  slots: number[];
}

/** Bounds of a run that lasts: a table holds no more rows than this, and what is idle makes room. */
const LIMITS: Required<LivesLimits> = { lives: 65_536, families: 1024, images: 4096 };

/**
 * What families do in a sliding window, for as long as the stream goes on. The window is made of looks: each `look` closes
 * a stretch, and stretches older than the window go. Memory is bounded by the living, by the number of families, and by
 * the number of different lifetimes in the window.
 */
export class Rolling {
  readonly #lives: Lives;
  readonly #limits: Required<LivesLimits>;
  readonly #ledgers = new Ledgers();
  readonly #recent = new Map<Family, Recent>();
  readonly #slots: number;
  #now: Sums = { seconds: 0, forks: 0, threads: 0, execs: 0, exits: 0 };
  #past: Sums[] = [];
  #slot = 0;

  /** `slots`: looks that make up the window. */
  constructor(slots: number, limits: LivesLimits = {}) {
    this.#slots = slots;
    this.#limits = { ...LIMITS, ...limits };
    this.#lives = new Lives(this.#limits);
  }

  readonly onEvent = (event: ProcessEvent): void => {
    const lives = this.#lives;
    switch (event.type) {
      case "fork":
        if (event.thread) this.#now.threads++;
        else this.#now.forks++;
        lives.onFork(event);
        return;
      case "exec":
        if (event.error === 0) this.#now.execs++;
        lives.onExec(event);
        return;
      case "exit":
        if (!event.thread) this.#now.exits++;
        lives.onExit(event);
        return;
      case "child-signal":
        lives.onChildSignal(event);
        return;
      case "seen":
        lives.onSeen(event);
        return;
      case "image":
        lives.onImage(event);
        return;
      case "fork-failed":
        lives.onForkFailed(event.pid, event.comm, event.ts);
        return;
      case "service":
    }
  };

  /** Programs that are active and whose word size is not known yet. */
  get lacksBits(): boolean {
    for (const { image } of this.#recent.keys()) if (image.abi === null && image.comm !== "") return true;
    return false;
  }

  /** PIDs and programs of all that live, e.g. to follow some of them. */
  *living(): Generator<Living> {
    for (const { pid, parentPid, image, family } of this.#lives.living()) {
      const { exe, comm, mountNamespace } = image;
      yield { pid, parentPid, exe, comm, mountNamespace, key: keyOf(family) };
    }
  }

  /** Closes the stretch since the last look, which was `seconds` long, and sums up the window. */
  look(seconds: number): RollingWindow {
    this.#slot++;
    this.#past.push({ ...this.#now, seconds });
    this.#now = { seconds: 0, forks: 0, threads: 0, execs: 0, exits: 0 };
    if (this.#past.length > this.#slots) this.#past.shift();
    this.#takeStretches();
    const window = this.#past.reduce((sum, one) => sum + one.seconds, 0);
    const rate = (key: keyof Sums): number => this.#past.reduce((sum, one) => sum + one[key], 0) / window;
    const rows = this.#rows(window);
    this.#makeRoom();
    return {
      seconds: window,
      forksPerSecond: rate("forks"),
      threadsPerSecond: rate("threads"),
      execsPerSecond: rate("execs"),
      exitsPerSecond: rate("exits"),
      rows,
    };
  }

  /** Forgets the window: after a pause nothing of before it counts. */
  restart(): void {
    for (const family of this.#lives.families.all) this.#ledgers.take(family);
    this.#recent.clear();
    this.#past = [];
    this.#now = { seconds: 0, forks: 0, threads: 0, execs: 0, exits: 0 };
  }

  #takeStretches(): void {
    for (const family of this.#lives.families.all) {
      const stretch = this.#ledgers.take(family);
      if (stretch === null) continue;
      let recent = this.#recent.get(family);
      if (recent === undefined) this.#recent.set(family, (recent = { stretches: [], slots: [] }));
      recent.stretches.push(stretch);
      recent.slots.push(this.#slot);
    }
    for (const [family, { stretches, slots }] of this.#recent) {
      while (slots.length > 0 && (slots[0] as number) <= this.#slot - this.#slots) {
        slots.shift();
        stretches.shift();
      }
      if (slots.length === 0) this.#recent.delete(family);
    }
  }

  /** Families that bear the same names by now are one row: a program may be known by its task name first. */
  #rows(window: number): RollingRow[] {
    const alive = new Map<Family, { count: number; pid: number }>();
    for (const { family, pid } of this.#lives.living()) {
      const known = alive.get(family);
      if (known === undefined) alive.set(family, { count: 1, pid });
      else {
        known.count++;
        known.pid = pid;
      }
    }
    const joined = new Map<string, { family: Family; stretches: Stretch[]; alive: number; pid: number | null }>();
    for (const [family, { stretches }] of this.#recent) {
      const key = keyOf(family);
      const living = alive.get(family);
      const known = joined.get(key);
      if (known === undefined)
        joined.set(key, { family, stretches: [...stretches], alive: living?.count ?? 0, pid: living?.pid ?? null });
      else {
        known.stretches.push(...stretches);
        known.alive += living?.count ?? 0;
        known.pid ??= living?.pid ?? null;
      }
    }
    return [...joined].map(([key, of]) => ({
      key,
      ...counted(of.family, of.stretches, window),
      alive: of.alive,
      memberPid: of.pid,
    }));
  }

  /** Before the bounds are reached, what is idle goes. */
  #makeRoom(): void {
    const { families, images } = this.#lives;
    if (families.all.length < this.#limits.families * 0.75 && images.size < this.#limits.images * 0.75) return;
    forgetIdle(this.#lives, (family) => !this.#recent.has(family));
  }
}

function keyOf({ spawnerImage, image }: Family): string {
  return `${spawnerImage === null ? "" : imageKey(spawnerImage)}\0${imageKey(image)}`;
}

function counted(
  family: Family,
  stretches: readonly Stretch[],
  window: number,
): Omit<RollingRow, "key" | "alive" | "memberPid"> {
  const sum = (of: (stretch: Stretch) => number): number => stretches.reduce((total, one) => total + of(one), 0);
  // A process that goes on as another program is taken back where it was counted first, perhaps in a later stretch.
  const starts = Math.max(
    0,
    sum((one) => one.starts),
  );
  const total = sum((one) => one.ended);
  const [ok, failed, signalled] = [sum((one) => one.ok), sum((one) => one.failed), sum((one) => one.signalled)];
  const lifetimes = stretches.map((one) => one.lifetimes);
  const known = sum((one) => one.lifetimes.count);
  const longer = quantileOf(lifetimes, 1) ?? 0;
  const { spawnerImage } = family;
  const spawner: Actor | null = stretches.findLast((one) => one.spawner !== null)?.spawner ?? null;
  return {
    program: nameOf(family.image),
    spawner: spawnerImage === null ? null : { ...nameOf(spawnerImage), pid: spawner?.pid ?? null },
    startsPerSecond: starts / window,
    copies: starts === 0 ? 0 : Math.min(1, Math.max(0, sum((one) => one.replicas) / starts)),
    endsPerSecond: total / window,
    medianLifeNs: quantileOf(lifetimes, 0.5),
    livedNs: sum((one) => one.lifetimes.totalNs),
    ends: {
      total,
      ok,
      failed,
      signalled,
      unknown: Math.max(0, total - ok - failed - signalled),
      old: total - known + (longer > window * 1e9 ? 1 : 0),
    },
    reapers: reapersOf(stretches),
    cgroup: [...(family.image.cgroups ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null,
  };
}

function nameOf({ exe, comm, abi, mountNamespace }: Image): ProgramName {
  return { exe, comm, bits: abi?.bits ?? null, mountNamespace };
}

function reapersOf(stretches: readonly Stretch[]): ReaperCount[] {
  const sums = new Map<number, ReaperCount>();
  for (const { reapers } of stretches) {
    for (const reaper of reapers) {
      const known = sums.get(reaper.pid);
      if (known === undefined) sums.set(reaper.pid, { ...reaper });
      else known.count += reaper.count;
    }
  }
  return [...sums.values()].sort((a, b) => b.count - a.count);
}
