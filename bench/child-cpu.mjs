import { readFileSync } from "node:fs";

/** CPU seconds of all children of this process that have ended (proc_pid_stat(5), cutime and cstime; ticks of 10 ms). */
export function childCpu() {
  const fields = readFileSync("/proc/self/stat", "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
