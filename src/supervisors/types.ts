import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { EndRules } from "./end-rules.ts";

/** One thing that a supervisor starts, or starts again, as its configuration says. */
export interface Job {
  /** `sysvinit`, `upstart`, `systemd`, … */
  supervisor: string;
  /** Unit, job or inittab id. */
  unit: Untrusted;
  /** File (inside the root), line (1-based) and directive that make it come back or, where nothing does, that start it. */
  file: Untrusted;
  line: number | null;
  directive: Untrusted;
  /**
   * Whether a program that ends is started again, and after which ends. `on-schedule`: started whether or not it ended
   * (cron). `on-demand`: started by whoever asks, e.g. a connection (inetd).
   */
  restarts: "always" | "on-failure" | "on-success" | "on-signal" | "on-schedule" | "on-demand" | "never";
  /** Starts allowed within seconds before the supervisor gives up or pauses; null when unlimited. */
  limit: { starts: number; seconds: number } | null;
  /** What happens at the limit: sysvinit pauses 300 s, upstart and systemd stop for good. null: unlimited. */
  atLimit: { action: "stop" } | { action: "pause"; seconds: number } | null;
  /** Seconds between an end and the next start, as configured or by default. */
  delaySeconds: number;
  /** The command as the file says it. */
  command: Untrusted;
  /** First word of the program started, without shell decoration, or null when a shell script decides. */
  program: Untrusted | null;
  /** What is started first where that becomes `program`: a wrapper (`env`), or the shell of `sh -c 'exec …'`. */
  startedAs?: Untrusted;
  /** Text that its shell is given (`sh -c TEXT`), as the shell sees it; absent where only the supervisor can know it. */
  shellText?: Untrusted;
  /** Commands in that text: the running shell decides whether it comes to them, and how often. */
  shellCommands?: Untrusted[];
  /** Of a timer, a socket or a path of systemd: the unit that it starts, in whose cgroup the program runs. */
  activates?: Untrusted;
  /** Of a service of systemd or a program of supervisord: after which ends it comes back, where a list, or Restart= in detail, decides. */
  ends?: EndRules;
  /** It asks whether something is well: the health check of a container, of a server behind a balancer. `unit` is what it asks about. */
  isCheck?: true;
  /** What bounds how many run side by side, as the file says it, where something does: `instances = 5`. It bounds no rate. */
  atOnce?: Untrusted;
  /** Shortest time between two starts that the schedule allows, seconds; only for `on-schedule`. */
  everySeconds?: number;
  /** A program that lived for so many seconds counts for neither limit nor delay: runit and s6 1, supervisord startsecs. */
  minimumLifeSeconds?: number;
  /** Waits between an end and the next start grow from `delaySeconds` by `factor` up to the longest, until a run is that long. */
  backOff?: { factor: number; longestSeconds: number; resetAfterSeconds: number };
  /** Processes that run the job side by side, each counted by itself (supervisord numprocs). Absent: one. */
  copies?: number;
  /** File that the daemon writes its number to, where the job says so. */
  pidFile?: Untrusted;
  /** Where the text begins that a shell or interpreter runs for this job; line 1-based. */
  script?: { file: Untrusted; line: number };
  /** Directories searched for a bare name, in order; null when the supervisor takes absolute paths only. */
  searchPath: Untrusted[] | null;
  /** `expect fork|daemon|stop` of upstart, Type= of systemd; null elsewhere. */
  expects: string | null;
  /** The job's own file (unit, job, table) where `file` is a drop-in or override of it. */
  definition?: Untrusted;
  /** Set when the supervisor starts a shell that then decides: a script, or a command with shell characters. */
  shell?: true;
  /**
   * Why the supervisor would not start it by itself, as its files say. `rejected`: it refuses the file, but may run what an
   * earlier version said. `not-running`: another init than this one is PID 1.
   */
  inactive?: "off" | "manual" | "template" | "rejected" | "not-running";
  /** Directory that becomes the program's own root (upstart `chroot`, systemd RootDirectory=): its paths are not those of the host. */
  chroot?: Untrusted;
  /** Id of the container that the supervisor makes for it: its processes' cgroup bears it (`containerOf`). */
  container?: Untrusted;
  /** Uids of the pods that the kubelet made for it, which their cgroups bear. */
  pods?: Untrusted[];
  /** Of a unit of `systemd --user`: whose manager reads it; null: that of every user but `except`, who have a file of their own for it. */
  manager?: { uid: number | null; except: readonly number[] };
  /** The user whose own manager has the job (`systemd --user`, rootless podman), where one user's does. */
  user?: { uid: number; name: Untrusted };
  /** Of a unit of systemd: units whose folders have a link to it, so that they start it; none: it is not enabled. */
  wantedBy?: Untrusted[];
  /** Script that every command of this supervisor goes through (/etc/initscript). */
  through?: Untrusted;
  /** Settings that decide how to stop or freeze it, as written: KillMode, PIDFile, User, Environment. */
  settings?: Partial<Record<"KillMode" | "PIDFile" | "User" | "Environment", Untrusted>>;
}

/** A process that may be a supervisor at work. All but `exe` is its own to choose, and `exe` may be a file of any name. */
export interface Starter {
  pid: number;
  comm: Untrusted;
  exe: Untrusted | null;
  /** Null or absent: not known. */
  argv?: readonly Untrusted[] | null;
}

/** How a supervisor that need not be PID 1 is told by its process. */
export interface AtWork {
  /** Base names of the programs that start its jobs: `runsv`. */
  programs: readonly string[];
  /**
   * Whether such a process works for this job, as far as it shows (`runsv NAME`); null: it does not show. Absent: one
   * process works for all jobs.
   */
  worksFor?(argv: readonly Untrusted[], job: Job): boolean | null;
  /** It starts each command as `sh -c COMMAND`, so that such a shell is seen as the spawner. */
  throughShell?: true;
}

/** Reads the jobs of one supervisor from the configuration files of a root. Broken files are data, never an exception. */
export interface Supervisor {
  readonly id: string;
  /** Whether this supervisor's configuration is present in the root. */
  present(root: Root): boolean;
  jobs(root: Root): Steps<JobReading>;
  /** Set where processes other than PID 1 start its jobs. */
  readonly atWork?: AtWork;
}

export interface JobReading {
  jobs: Job[];
  /** Files or lines that could not be understood. */
  problems: Problem[];
}

/** A file or line that could not be read or understood; `why` is a few English words. */
export interface Problem {
  file: Untrusted;
  line: number | null;
  why: string;
  /** The errno name where the system refused to read it: that it says nothing is then not known. */
  refused?: string;
}

/** The answer to "what brings this program back", as in the result of `diagnose`. */
export interface Restart {
  storm: string;
  supervisor: string;
  unit: Untrusted;
  file: Untrusted;
  line: number | null;
  directive: Untrusted;
  limit: { starts: number; seconds: number } | null;
  /** Whether the supervisor's own limit and delay allow the observed rate of starts; null when not known. */
  limitAllowsRate: boolean | null;
  command: Untrusted;
  searchPath: Untrusted[] | null;
  resolvesTo: Untrusted | null;
  shadows: Untrusted[] | null;
  /** The service that the unit, a timer, a socket or a path of systemd, starts. Absent elsewhere. */
  activates?: Untrusted;
  /** The user whose `systemd --user` or podman has the job. Absent elsewhere, and where it is not known. */
  user?: { uid: number; name: Untrusted };
}
