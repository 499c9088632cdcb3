import { existsSync, readFileSync } from "node:fs";
import type { ProcessEvent } from "../../src/model/events.ts";
import { startNetlink, type NetlinkOptions } from "../../src/capture/netlink/start.ts";
import type { Observer } from "../../src/capture/types.ts";
import { libC } from "../../src/platform/ffi.ts";

/** Why the proc connector cannot be tested here, or null. In continuous integration it must be, so there it is null. */
export function cannotRun(): string | null {
  if (process.env["CI"] !== undefined) return null;
  if (process.geteuid?.() !== 0) return "needs root";
  if ("missing" in libC()) return "needs the optional package koffi";
  if (!existsSync("/usr/bin/gcc")) return "needs /usr/bin/gcc";
  return null;
}

const open = new Set<Observer>();

/** A running capture that keeps all events; throws when the host does not allow one. */
export function capture(options?: NetlinkOptions): { events: ProcessEvent[]; observer: Observer } {
  const events: ProcessEvent[] = [];
  const observer = startNetlink((event) => events.push(event), options);
  if (!("kind" in observer)) throw new Error(`${observer.code}: ${observer.why}`);
  open.add(observer);
  return { events, observer };
}

/** Stops what a failed test has left running. */
export function stopAll(): void {
  for (const observer of open) observer.stop();
  open.clear();
}

/** Netlink sockets of this process's network namespace that listen to the connector: protocol 11 with groups. */
export function listeners(): string[] {
  return readFileSync("/proc/net/netlink", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, protocol, , groups]) => protocol === "11" && Number.parseInt(groups ?? "0", 16) !== 0)
    .map((fields) => fields[9] ?? "");
}
