/** Titles of what could not be looked at: says what is not known, and because of what. */
export const gaps = {
  "couldnot.tracefs.no-root": "kernel events: only root may read them",
  "couldnot.tracefs.missing": "kernel events: this kernel has no tracefs",
  "couldnot.tracefs.lockdown": "kernel events: the kernel is locked down",
  "couldnot.tracefs.busy": "kernel events: another tracer holds what is needed",
  "couldnot.identity.no-root-given": "whether the program is genuine: the file system of the log is not at hand",
  "couldnot.identity.program-unknown": "whether the program is genuine: no source names its file",
  "couldnot.identity.no-package-manager": "whether the program is genuine: no package database is known here",
  "couldnot.supervisors.no-root-given": "what starts it again: the file system of the log is not at hand",
  "couldnot.cpu.log-tells-none": "CPU use: the log does not tell it",
  "couldnot.lifetimes.log-tells-none": "how long processes live: the log does not record every end",
  "couldnot.exits.log-tells-none": "how processes end: the log does not tell it",
  "couldnot.audit.lost": "everything: the kernel lost audit records",
} as const;
