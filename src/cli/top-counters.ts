import { readCounters, type Counters } from "../capture/procfs/snapshot.ts";
import { monotonicNs } from "../platform/clock.ts";
import type { TopTable } from "../top/table.ts";

type Cpu = NonNullable<TopTable["cpu"]>;

/** The machine-wide counters over a window of looks, and what this program uses itself between two of them. */
export class TopCounters {
  readonly #slots: number;
  readonly #cpus: number;
  #past: (Counters & { atNs: number })[] = [];
  #own = process.cpuUsage();
  #ownAt = monotonicNs();

  constructor(slots: number, cpus: number) {
    this.#slots = slots;
    this.#cpus = cpus;
    this.restart();
  }

  /** Forgets the window. */
  restart(): void {
    this.#past = [{ ...readCounters(), atNs: monotonicNs() }];
  }

  look(): Pick<TopTable, "cpu" | "tasksPerSecond" | "own"> {
    const now = { ...readCounters(), atNs: monotonicNs() };
    this.#past.push(now);
    if (this.#past.length > this.#slots + 1) this.#past.shift();
    const first = this.#past[0] as Counters & { atNs: number };
    const seconds = Math.max(1e-3, (now.atNs - first.atNs) / 1e9);
    return {
      cpu: this.#shares(first.cpu, now.cpu, seconds),
      tasksPerSecond: (now.forks - first.forks) / seconds,
      own: this.#ownUse(),
    };
  }

  #shares(first: Counters["cpu"], now: Counters["cpu"], seconds: number): Cpu | null {
    const kinds = ["user", "system", "idle", "iowait", "steal"] as const;
    // iowait and idle may run backwards a little (proc_stat(5)); a share never does.
    const spent = kinds.map((kind) => Math.max(0, now[kind] - first[kind]));
    const total = spent.reduce((sum, one) => sum + one, 0);
    if (total === 0) return null;
    const [user = 0, system = 0, idle = 0, iowait = 0, steal = 0] = spent.map((one) => one / total);
    const busyCpus = Math.min(this.#cpus, ((user + system) * total) / seconds);
    return { busyCpus, user, system, idle, iowait, steal };
  }

  #ownUse(): TopTable["own"] {
    const now = monotonicNs();
    const { user, system } = process.cpuUsage(this.#own);
    const cpus = (user + system) / 1e6 / Math.max(1e-3, (now - this.#ownAt) / 1e9);
    this.#own = process.cpuUsage();
    this.#ownAt = now;
    return { cpus, rssBytes: process.memoryUsage.rss() };
  }
}
