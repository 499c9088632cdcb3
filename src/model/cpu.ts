import type { Untrusted } from "./text.ts";

/** A program in a line of descent. */
export interface Forebear {
  /** The process, where it lived since before the recording; null for all others of its program. */
  pid: number | null;
  exe: Untrusted | null;
  comm: Untrusted;
}

/** CPU time of one process that lived all the time, or of all other processes of one program with the same descent. */
export interface ProgramCpu {
  /** The process; null for the sum over those that were born, or are dead, within the recording. */
  pid: number | null;
  /** Its file as named in the exec or by /proc/PID/exe; null where only the task name is known. */
  exe: Untrusted | null;
  comm: Untrusted;
  /** CPU seconds between its switches in and out. */
  seconds: number;
  /** Processes that ran; a process that executed several programs counts for the last. */
  processes: number;
  /** Length of the recording it was measured in. */
  windowSeconds: number;
  /**
   * The programs it descends from by fork, the nearest first; the last is the task that was there when the recording
   * began. [] for such a task itself. Absent: from a version that did not tell.
   */
  descent?: Forebear[];
}

/** Who had the CPUs in a short recording of every context switch, the dead included. */
export interface CpuSlices {
  /** Length of the recording, all its parts together. */
  seconds: number;
  /** When each part began and ended, seconds of the window. */
  spans?: [number, number][];
  /** CPU seconds that somebody ran, and those of CPUs that never switched, so that nobody knows who ran on them. */
  busySeconds: number;
  unknownSeconds: number;
  switches: number;
  /** Context switches lost, or null when that cannot be told. */
  lost: number | null;
  /** The most CPU first. */
  programs: ProgramCpu[];
}

/** What a cgroup and those below it have used since it was made, the dead included. */
export interface CgroupUsage {
  seconds: number;
  /** CLOCK_MONOTONIC of the reading, ns. */
  monotonicNs: number;
}
