import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AuditReader } from "../../src/formats/audit/reader.ts";
import type { EventSink, ProcessEvent } from "../../src/model/events.ts";
import { startAudit } from "../../src/capture/audit/start.ts";
import type { Observer } from "../../src/capture/types.ts";
import { libC } from "../../src/platform/ffi.ts";

export const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));

/** Why a window of audit records cannot be tested here, or null. In continuous integration it must be, so there it is null. */
export function cannotRun(): string | null {
  if (process.env["CI"] !== undefined) return null;
  if (process.geteuid?.() !== 0) return "needs root";
  if ("missing" in libC()) return "needs the optional package koffi";
  for (const tool of ["/usr/sbin/auditctl", "/usr/bin/gcc"]) if (!existsSync(tool)) return `needs ${tool}`;
  return null;
}

/** What auditctl prints; throws when it fails. */
export function auditctl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("/usr/sbin/auditctl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`auditctl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Everything that a window may not leave changed. Counts of records are left out: they go on. */
export function settings(): string {
  const numbers = ["enabled", "failure", "pid", "rate_limit", "backlog_limit", "backlog_wait_time"];
  const status = auditctl("-s");
  return [...numbers.map((name) => new RegExp(`^${name} \\d+$`, "m").exec(status)?.[0]), auditctl("-l")].join("\n");
}

/** Keys of the rules of runs of this program. */
export function ownKeys(): string[] {
  return [...auditctl("-l").matchAll(/key=(whoforks-\d+-\d+-was[01])$/gm)].map(([, key]) => key as string);
}

const open = new Set<Observer>();

/** A window that keeps all events; throws when the host does not allow one. */
export function capture(sink?: EventSink): { events: ProcessEvent[]; observer: Observer } {
  const events: ProcessEvent[] = [];
  const observer = startAudit(sink ?? ((event) => events.push(event)), (to) => new AuditReader(() => to));
  if (!("kind" in observer)) throw new Error(`${observer.code}: ${observer.why}`);
  open.add(observer);
  return { events, observer };
}

/** Stops what a failed test has left running. */
export function stopAll(): void {
  for (const observer of open) {
    try {
      observer.stop();
    } catch {
      // A sink that throws on purpose.
    }
  }
  open.clear();
}

/** A run of the program that goes on until it is killed or the time is over. */
export function running(args: readonly string[]): { child: ChildProcess; closed: Promise<unknown> } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  return { child, closed: once(child, "close") };
}

/** Waits for a condition of the host, asked for every 20 ms. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never: ${what}`);
}
