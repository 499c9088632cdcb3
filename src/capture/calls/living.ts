import { readdirSync } from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../../model/text.ts";
import { factsOf } from "../procfs/facts.ts";
import { readSmall } from "../procfs/read-small.ts";
import type { ProcFacts } from "../types.ts";

const MOST = 1024;

/** A living process, or null when there is none with this number. */
export function livingProcess(pid: number): ProcFacts | null {
  return factsOf(pid, null);
}

/** Numbers of living processes with this task name; those of a chain are dead by the time they are used. */
export function livingNamed(comm: Untrusted): number[] {
  const name = Buffer.concat([toBytes(comm), Buffer.from("\n")]);
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(entry) || found.length >= MOST) continue;
    if (readSmall(`/proc/${entry}/comm`)?.equals(name) === true) found.push(Number(entry));
  }
  return found;
}

/** Whether a number still is that of a process with this name. */
export function isNamed(pid: number, comm: Untrusted): boolean {
  const text = readSmall(`/proc/${pid}/comm`);
  return text !== null && fromBytes(text) === `${comm}\n`;
}
