import type { RollingRow, RollingWindow } from "../derive/rolling.ts";
import type { Untrusted } from "../model/text.ts";

/** One (spawner → program) as `whoforks top` shows it. */
export interface TopRow extends RollingRow {
  /**
   * CPUs that its dead have used, by what those who waited for them were charged; null when nobody knows. `upper`: others'
   * dead, or CPU from before the window, may be in it; `lower`: some were waited for by processes that are gone.
   */
  cpus: number | null;
  cpusBound: "exact" | "upper" | "lower" | null;
  /** Null: it runs on the host, as far as is known. */
  container: { name: Untrusted | null; pidNamespace: string } | null;
}

/** What `whoforks top` shows at one moment. Everything is over the window unless said otherwise. */
export interface TopTable extends Omit<RollingWindow, "rows"> {
  /** ms since 1970. */
  epochMs: number;
  hostname: Untrusted;
  source: "tracefs" | "netlink" | "proc";
  /** Tasks that the kernel has counted as created, threads too (/proc/stat); null before the second look. */
  tasksPerSecond: number | null;
  cpus: number;
  /** CPUs busy, and the shares (0..1) of all CPUs. */
  cpu: { busyCpus: number; user: number; system: number; idle: number; iowait: number; steal: number } | null;
  /** Kernel events lost since the start; null: that cannot be told. */
  lost: number | null;
  /** What this program uses itself: CPUs since the last table, and bytes of memory now. */
  own: { cpus: number; rssBytes: number };
  /** The tree that is followed, by its first process; null: the whole host. */
  following: { comm: Untrusted; pid: number | null } | null;
  rows: TopRow[];
  couldNotLook: readonly { code: string; what: string; why: string; remedy: string | null }[];
}
