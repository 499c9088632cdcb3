import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const RESERVED_PIDS = 300; // kernel/pid.c: where numbering goes on after pid_max was reached

/**
 * Counts every process (and thread) made in a PID namespace since its birth, exactly and without tracing: the kernel
 * numbers them one by one (a fork refused by the pids limit has a number too), so a process put inside now bears the number after the last. Each look costs one number,
 * which is taken off again. Between two looks the numbers may wrap once; then the count may be off by the numbers
 * still in use, which the kernel skips.
 */
export class PidCount {
  constructor(namespace) {
    this.namespace = namespace;
    this.initPid = namespace.initPid;
    this.max = Number(readFileSync("/proc/sys/kernel/pid_max", "latin1"));
    this.last = 1;
    this.looks = 0;
    this.total = 0;
  }

  /** Processes made since the namespace's PID 1, or null when it is gone and was never looked at, or has booted again. */
  look() {
    if (this.namespace.initPid !== this.initPid) return null;
    const { stdout, status } = spawnSync(
      "nsenter",
      ["--target", String(this.initPid), "--pid", "sh", "-c", "echo $$"],
      {
        encoding: "latin1",
      },
    );
    if (status === 0) {
      const now = Number(stdout);
      this.total += now > this.last ? now - this.last : this.max - this.last + now - RESERVED_PIDS;
      this.last = now;
      this.looks++;
    }
    return this.looks === 0 ? null : this.total - this.looks;
  }
}
