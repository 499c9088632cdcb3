import * as fs from "node:fs";
import type { ImageEvent } from "../model/events.ts";
import { fromBytes } from "../model/text.ts";
import { monotonicNs } from "../platform/clock.ts";
import { insideRoot, link, pickCgroup } from "./procfs/facts.ts";
import { readSmall } from "./procfs/read-small.ts";
import { RootMounts } from "./procfs/root-mount.ts";

/** Below this rate a burst would mostly wait; the newest process is looked at once instead. */
const BURST_FROM_FORKS_PER_SECOND = 100;
/** Looked-up processes that are enough for one burst. */
const ENOUGH_A_BURST = 12;
/** Numbers below the newest that are tried too: of many chains side by side each has a member there, most of them alive. */
const BELOW = 16;
/** Where fewer than one in so many could be told, because they die too soon, a look takes so many times its budget. */
const SELDOM = 5;
const PATIENCE = 3;

/**
 * Looks up the programs of processes that live some 50 µs: the last field of /proc/loadavg is the newest PID of the
 * reader's PID namespace (fs/proc/loadavg.c), and reading it and /proc/PID/exe at once finds most of them alive.
 * Nothing of the program's file system is touched: exe and ns/mnt are links that the kernel makes up, and the word size
 * comes from the auxiliary vector. A file on a hung or hostile (FUSE) mount thus cannot hold this up.
 */
export class NewestProcesses {
  /** New PIDs met, and those whose program could be told. */
  met = 0;
  told = 0;
  readonly #emit: (event: ImageEvent) => void;
  readonly #missed: (pid: number) => void;
  readonly #originNs: number;
  readonly #text = Buffer.alloc(128);
  readonly #loadavg: number | null;
  #last = 0;

  /**
   * `emit` gets events whose time counts from `originNs` (CLOCK_MONOTONIC, ns); `missed` gets the new PIDs whose program
   * could not be told.
   */
  constructor(originNs: number, emit: (event: ImageEvent) => void, missed: (pid: number) => void = () => undefined) {
    this.#originNs = originNs;
    this.#emit = emit;
    this.#missed = missed;
    this.#loadavg = openIfThere("/proc/loadavg");
    this.#last = this.newestPid();
  }

  /** Looks for at most `budgetNs`; with few forks a second it looks once. */
  look(budgetNs: number, forksPerSecond: number): void {
    if (this.#loadavg === null) return;
    const depth = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      const budget = this.told * SELDOM < this.met ? budgetNs * PATIENCE : budgetNs;
      const until = forksPerSecond < BURST_FROM_FORKS_PER_SECOND ? 0 : monotonicNs() + budget;
      // What is mounted where may change from one burst to the next, while a container is being made.
      const rootMounts = new RootMounts();
      let found = 0;
      do {
        const pid = this.newestPid();
        if (pid === this.#last || pid === 0) continue;
        const last = this.#last;
        this.#last = pid;
        this.met++;
        const told = imageOf(pid, this.#originNs, rootMounts);
        if (told === null) this.#missed(pid);
        else {
          found++;
          this.#emit(told);
        }
        for (let below = pid - 1; below > last && below >= pid - BELOW && monotonicNs() < until; below--) {
          const older = imageOf(below, this.#originNs, rootMounts);
          // Most of these have ended, which tells nothing of how quickly this looks.
          if (older === null) continue;
          this.met++;
          found++;
          this.#emit(older);
        }
      } while (found < ENOUGH_A_BURST && monotonicNs() < until);
      this.told += found;
    } finally {
      Error.stackTraceLimit = depth;
    }
  }

  /** Number of the newest task, or 0 when unknown. */
  newestPid(): number {
    if (this.#loadavg === null) return 0;
    const length = fs.readSync(this.#loadavg, this.#text, 0, this.#text.length, 0);
    return lastNumber(this.#text, length);
  }

  close(): void {
    if (this.#loadavg !== null) fs.closeSync(this.#loadavg);
  }
}

/**
 * Looks up the program of one process, the most fleeting facts first. Null when it is gone, may not be looked at, or
 * executed another program in between, so that name and file would not belong together.
 */
export function imageOf(pid: number, originNs: number, rootMounts = new RootMounts()): ImageEvent | null {
  const dir = `/proc/${pid}`;
  const exe = link(`${dir}/exe`);
  if (exe === null) return null;
  // Between its birth and its end in the stream of kernel events, which at the end of this look-up it may not be.
  const ts = monotonicNs() - originNs;
  const root = link(`${dir}/root`);
  if (root === null) return null;
  const auxv = readSmall(`${dir}/auxv`, 16);
  const bits = auxv === null ? null : bitsOfAuxv(auxv);
  const line = readSmall(`${dir}/comm`, 64);
  if (line === null || line.length === 0) return null;
  // comm is followed by a newline, and may hold others.
  const comm = fromBytes(line.subarray(0, line.length - 1));
  const mountNamespace = link(`${dir}/ns/mnt`);
  const rootMount = root === "/" ? rootMounts.lookUp(pid, mountNamespace) : null;
  const cgroups = readSmall(`${dir}/cgroup`, 8192);
  const cgroup = cgroups === null ? null : pickCgroup(fromBytes(cgroups));
  const again = link(`${dir}/exe`);
  if (again !== null && again !== exe) return null;
  return {
    type: "image",
    ts,
    pid,
    comm,
    exe: insideRoot(exe, root),
    mountNamespace,
    bits,
    root,
    ...(rootMount === undefined ? {} : { rootMount }),
    // A process that ends is moved to the root (kernel/cgroup/cgroup.c cgroup_exit), after its program is taken away.
    cgroup: again === null ? null : cgroup,
  };
}

/**
 * Word size of a program from the first entry of its auxiliary vector (getauxval(3)), pairs of key and value: in 64 bits
 * the upper half of the key is 0; in 32 bits the same bytes are the value, which for the first entries (AT_SYSINFO,
 * AT_SYSINFO_EHDR, AT_HWCAP) is not 0. Null when there is no vector.
 */
export function bitsOfAuxv(auxv: Uint8Array): 32 | 64 | null {
  if (auxv.length < 16) return null;
  const words = new DataView(auxv.buffer, auxv.byteOffset, 16);
  if (words.getUint32(0, true) === 0) return null;
  return words.getUint32(4, true) === 0 ? 64 : 32;
}

/** The number at the end of a line such as `0.70 0.28 0.10 2/89 5094\n`; 0 when there is none. */
export function lastNumber(text: Uint8Array, length: number): number {
  let value = 0;
  let scale = 1;
  for (let at = length - 2; at >= 0; at--) {
    const digit = (text[at] as number) - 48;
    if (digit < 0 || digit > 9) break;
    value += digit * scale;
    scale *= 10;
  }
  return value;
}

function openIfThere(path: string): number | null {
  try {
    return fs.openSync(path, "r");
  } catch {
    // A /proc of an odd kind (subset=pid): then there are no look-ups.
    return null;
  }
}
