/** The shapes of lab.mjs, for tests and other TypeScript. */

/** Numbers of `node lab/run.mjs --help`; times in seconds unless said otherwise there. */
export interface LabOptions {
  seconds: number;
  delay: number;
  count: number;
  pids: number;
  rate: number;
  nice: number;
  chains: number;
  interval: number;
  lifetime: number;
  files: number;
}

/** What a diagnosis of the scenario must say, in the words of the diagnosis' JSON. Absent: nothing is asked. */
export interface Expected {
  outcome: "healthy" | "benign" | "storm";
  exitCode: 0 | 1;
  kind: string | null;
  notKinds?: string[];
  exe?: string;
  bits?: 32 | 64;
  reaper?: string;
  spawner?: string;
  script?: string;
  restart?: {
    supervisor: string;
    unit: string;
    file: string;
    line?: number;
    directive?: string;
    resolvesTo?: string;
    limit?: { starts: number; seconds: number };
    limitAllowsRate?: boolean;
  };
  identity?: { path: string; verdict: string; claims: { package: string; path: string } };
  others?: Expected[];
}

export type StormState = "waiting" | "running" | "ended by count" | "ended by deadline" | "ended by the lab";

/** How supervised programs ended, as their supervisor saw it. */
export interface Exits {
  zero: number;
  other: number;
  signal: number;
}

export interface Truth {
  schema: "whoforks/lab/1";
  scenario: string;
  about: string;
  expected: Expected;
  /** Successful forks of the storm (countedBy storm-program), or all since the namespace's birth (pid-numbers). */
  forks: number | null;
  countedBy: "storm-program" | "pid-numbers";
  /** All forks inside the namespace, init's included, by the kernel's numbering; null where it wraps too often. */
  namespaceForks: number | null;
  /** By storm-program: over `seconds`. By pid-numbers: since the boot of init was over. */
  perSecond: number | null;
  state: StormState | null;
  /** ISO 8601 UTC; null while a delayed storm waits. */
  start: string | null;
  end: string;
  seconds: number;
  /** Times that init started the program. */
  starts: number | null;
  /** Forks refused by the pids limit. */
  refused: number | null;
  peakAlive: number | null;
  exits: Exits | null;
  /** A second storm beside the first. */
  others: { forks: number; perSecond: number | null; state: StormState; seconds: number; exits: Exits }[];
  /** CPU time of everything inside, the dead included (cgroup). */
  cpuSeconds: number | null;
  /** CPU time of the namespace's PID 1 itself. */
  initCpuSeconds: number | null;
  initPid: number;
  root: string;
  options: LabOptions;
  /** Last lines on the console of the namespace: init's own messages. */
  console: string[];
}

/** A scenario under way. */
export interface RunningScenario {
  scenario: string;
  expected: Expected;
  /** The scenario's root folder on the host, mounted until `stop`. */
  rootOnHost: string;
  /** PID 1 of the namespace as the host numbers it; after a reboot another one. */
  readonly initPid: number;
  options: LabOptions;
  truth(): Truth;
  /** The storm program's own count and the clock, at little cost: differences give the truth about a part of the storm. */
  count(): { forks: number; monotonicNs: number };
  /**
   * Forks of the storm program between two moments (ms since 1970), from a count taken every 20 ms while this process
   * is not blocked; null where the storm does not count itself. For the window of a diagnosis.
   */
  forksBetween(fromMs: number, toMs: number): number | null;
  console(): string;
  /** Has systemd boot again, under the same limits; resolves when its new init runs. Error where the init is another. */
  reboot(): Promise<void>;
  /** True once the storm program says that it is over. */
  ended(): boolean;
  /** Ends the storm, removes everything, returns the final truth. May be called again. */
  stop(): Promise<Truth>;
}

export interface Scenario {
  name: string;
  about: string;
  expected: Expected;
  defaults?: Partial<LabOptions>;
  /** How long it has to last and to be observed, where the defaults of both do not do. */
  observe?: { seconds: number; duration: string };
  /** What runs it: sysvinit (unless set) over the host's files, or systemd in nspawn over a minimal Debian. */
  system?: "sysvinit" | "systemd";
  /** For sysvinit: Debian packages of this scenario alone, unpacked as those of the lab are. */
  packages?: string[];
  /** Debian source packages whose archives it brings in. */
  sources?: string[];
  /** For systemd: paths here → paths inside, read-only there. */
  binds?: Record<string, string>;
  prepare(tools: RootTools, options: LabOptions): ScenarioFacts;
}

/** Prepares the root of a scenario. Paths are absolute inside it. */
export interface RootTools {
  write(path: string, text: string, mode?: number): void;
  link(path: string, target: string): void;
  /** A program of the root at another path. */
  copy(from: string, path: string): void;
  /** A file or folder of this host at a path. */
  bring(from: string, path: string): void;
}

/** What a scenario tells about itself once its root is prepared. */
export interface ScenarioFacts {
  /** For sysvinit: its entries. */
  inittab?: string[];
  /** How the storm is counted, and so when it is under way. `pids` unless set: once the system is up. */
  countedBy?: "page" | "pids";
}

export const scenarios: ReadonlyMap<string, Scenario>;
export const OPTIONS: Readonly<Record<keyof LabOptions, { fallback: number; max: number; about: string }>>;

/** Starts a scenario, one of the list by its name. RangeError for an unknown name or option; Error when this host cannot hold it. */
export function startScenario(
  scenario: string | Scenario,
  options?: Partial<LabOptions>,
  how?: { keep?: boolean; loginUid?: number | null },
): Promise<RunningScenario>;

/** Removes what killed runs (with `kept`: also kept ones) left; returns their names. */
export function clearLeftovers(how?: { kept?: boolean }): string[];

/** Stops everything this process has under way. */
export function stopAll(): void;
