import { readFileSync, statSync } from "node:fs";
import { fromBytes, toBytes, type Untrusted } from "../model/text.ts";
import { startTicks, type Life } from "./process-identity.ts";
import { allPids } from "./processes.ts";

/** One boot of a root: that of the kernel, and the life of the init that has this root as its own. */
export interface Boot {
  /** /proc/sys/kernel/random/boot_id: one for the host and all its containers. */
  bootId: string;
  /** The first process of its PID namespace, as this host numbers it; null: nothing is booted there. */
  init: Life | null;
}

/** The boot of this root, a folder of this host ("/" for its own). A container boots by itself, and has another init then. */
export function bootOf(root: Untrusted): Boot {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  const pid = root === "/" ? 1 : initOf(root);
  const ticks = pid === null ? null : startTicks(pid);
  return { bootId, init: pid === null || ticks === null ? null : { pid, startTicks: ticks } };
}

export function isSameBoot(a: Boot, b: Boot): boolean {
  return a.bootId === b.bootId && a.init?.pid === b.init?.pid && a.init?.startTicks === b.init?.startTicks;
}

function initOf(root: Untrusted): number | null {
  const own = statSync(Buffer.from(toBytes(root)), { bigint: true });
  for (const pid of allPids()) {
    try {
      // All its numbers, from ours to that of its own namespace (proc_pid_status(5)).
      if (!/^NSpid:(?:\s+\d+)*\s+1$/m.test(fromBytes(readFileSync(`/proc/${pid}/status`)))) continue;
      const its = statSync(`/proc/${pid}/root`, { bigint: true });
      if (its.dev === own.dev && its.ino === own.ino) return pid;
    } catch {
      // It has ended meanwhile.
    }
  }
  return null;
}
