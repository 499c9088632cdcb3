import { readdirSync } from "node:fs";
import type { EventSink } from "../../model/events.ts";
import { monotonicNs } from "../../platform/clock.ts";
import { insideRoot, link, PF_KTHREAD, TICKS } from "./facts.ts";
import { readSmall } from "./read-small.ts";
import { parseStatLine } from "./stat-line.ts";

/** More living than this are not followed: a host with so many is not looked at by polling. */
const LIMIT = 65_536;
/** In place of a start time: a thread of the kernel, which is no process. */
const KERNEL_THREAD = -1;

/**
 * Events from nothing but looking at /proc again and again, where the kernel's are not to be had. A process that is there
 * for the first time was forked by its parent; one that is gone has ended, nobody knows how. What lives and dies between
 * two looks is never seen. Fork and exec of one process come together, so lifetimes are known to the time between looks.
 */
export class ProcPoller {
  /** Births noticed so far. */
  births = 0;
  readonly #originNs: number;
  readonly #sink: EventSink;
  /** CLOCK_BOOTTIME, which start times count from, runs on while the host sleeps: its distance to our time 0, ns. */
  readonly #bootToOrigin: number;
  /** Start times (ticks after boot) of the living. */
  readonly #known = new Map<number, number>();
  #lastLook = 0;

  /** `originNs` (CLOCK_MONOTONIC) is time 0 of the events. Those that live already are given no birth. */
  constructor(originNs: number, sink: EventSink) {
    this.#originNs = originNs;
    this.#sink = sink;
    const uptime = Number(readSmall("/proc/uptime")?.toString("latin1").split(" ")[0] ?? Number.NaN);
    this.#bootToOrigin = uptime * 1e9 - (monotonicNs() - originNs);
    for (const pid of pids()) {
      const stat = statOf(pid);
      if (stat !== null) this.#known.set(pid, (stat.flags & PF_KTHREAD) === 0 ? stat.startTicks : KERNEL_THREAD);
    }
  }

  /** Looks at all processes. Returns the number of events. */
  poll(): number {
    const now = monotonicNs() - this.#originNs;
    const there = pids();
    let events = 0;
    const present = new Set(there);
    for (const pid of this.#known.keys()) {
      if (present.has(pid)) continue;
      this.#ended(pid, now);
      events++;
    }
    // A number could return between two looks only if all others had been used meanwhile.
    for (const pid of there) if (!this.#known.has(pid) && this.meet(pid)) events++;
    this.#lastLook = now;
    return events;
  }

  /** Looks at one process that may be new. Returns whether it is. */
  meet(pid: number): boolean {
    const stat = statOf(pid);
    if (stat === null) return false;
    const known = this.#known.get(pid);
    if (known === stat.startTicks || this.#known.size >= LIMIT) return false;
    const now = monotonicNs() - this.#originNs;
    if (known !== undefined) this.#ended(pid, now);
    if ((stat.flags & PF_KTHREAD) !== 0) {
      this.#known.set(pid, KERNEL_THREAD);
      return false;
    }
    this.#known.set(pid, stat.startTicks);
    this.births++;
    const started = (stat.startTicks / TICKS) * 1e9 - this.#bootToOrigin;
    const ts = Math.min(now, Math.max(this.#lastLook, Number.isFinite(started) ? started : now));
    this.#sink({ type: "fork", ts, pid: stat.ppid, comm: "", child: pid, childClaim: null, thread: false });
    const file = link(`/proc/${pid}/exe`);
    const exe = file === null ? "" : insideRoot(file, link(`/proc/${pid}/root`));
    this.#sink({ type: "exec", ts, pid, ppid: stat.ppid, comm: stat.comm, exe, argv: null, error: 0 });
    return true;
  }

  #ended(pid: number, ts: number): void {
    const isProcess = this.#known.get(pid) !== KERNEL_THREAD;
    this.#known.delete(pid);
    if (!isProcess) return;
    this.#sink({ type: "exit", ts, pid, comm: "", code: null, signal: null, thread: false });
  }
}

function pids(): number[] {
  const numbers: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) numbers.push(Number(name));
  }
  return numbers;
}

function statOf(pid: number): ReturnType<typeof parseStatLine> {
  const line = readSmall(`/proc/${pid}/stat`);
  return line === null ? null : parseStatLine(line);
}
