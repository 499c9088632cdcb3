import { readdirSync } from "node:fs";
import { monotonicNs } from "../../platform/clock.ts";
import { rawNames } from "../../platform/raw-listing.ts";
import { cgroupUsage } from "../cgroup/usage.ts";
import type { ProcFacts, Snapshot } from "../types.ts";
import { factsOf, link, TICKS } from "./facts.ts";
import { preloadedLibraries } from "./preloaded.ts";
import { readSmall } from "./read-small.ts";
import { RootMounts } from "./root-mount.ts";

/**
 * All living processes and the CPU counters now. Processes that vanish while it looks are left out. Works without root;
 * then much about other users' processes is null. Throws only when /proc is not mounted.
 */
export function snapshot(): Snapshot {
  const counters = readCounters();
  const acceptedTcp = acceptedIn(readSmall("/proc/net/snmp")?.toString("latin1") ?? "");
  const taken = { monotonicNs: monotonicNs(), epochMs: Date.now() };
  // At once after the counters: the two are compared.
  const cgroups = cgroupUsage();
  const own = link("/proc/self/ns/pid");
  const rootMounts = new RootMounts();
  const processes = new Map<number, ProcFacts>();
  for (const name of namesInProc()) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const facts = factsOf(name, own, rootMounts);
    if (facts !== null) processes.set(facts.pid, facts);
  }
  return { ...taken, ...counters, ...(acceptedTcp === null ? {} : { acceptedTcp }), processes, cgroups };
}

/** PassiveOpens of /proc/net/snmp (RFC 1213, tcpPassiveOpens): a line `Tcp:` with names, one with their values; null: not there. */
export function acceptedIn(text: string): number | null {
  const [names, values] = [...text.matchAll(/^Tcp: (.*)$/gm)].map((line) => line[1]?.split(" ") ?? []);
  const value = values?.[names?.indexOf("PassiveOpens") ?? -1];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** Where a library was put before the C library, the kernel is asked without either: it may leave processes out. */
function namesInProc(): string[] {
  return (preloadedLibraries().length > 0 ? rawNames("/proc") : null) ?? readdirSync("/proc");
}

/** The machine-wide counters of /proc/stat. */
export interface Counters {
  cpu: Snapshot["cpu"];
  forks: number;
}

/** Reads /proc/stat now. */
export function readCounters(): Counters {
  const text = readSmall("/proc/stat");
  if (text === null) throw new Error("/proc/stat cannot be read: is /proc mounted?");
  return parseCounters(text.toString("latin1"));
}

/**
 * Parses /proc/stat (proc_stat(5)): `cpu  user nice system idle iowait irq softirq steal …` in ticks, and
 * `processes N`. Time of guests is within user and nice; nice counts as user here, irq and softirq as system.
 */
export function parseCounters(text: string): Counters {
  const words = /^cpu +([\d ]+)$/m.exec(text)?.[1]?.split(" ") ?? [];
  const seconds = (index: number): number => Number(words[index] ?? 0) / TICKS;
  return {
    cpu: {
      user: seconds(0) + seconds(1),
      system: seconds(2) + seconds(5) + seconds(6),
      idle: seconds(3),
      iowait: seconds(4),
      steal: seconds(7),
      interrupts: seconds(5) + seconds(6),
    },
    forks: Number(/^processes (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}
