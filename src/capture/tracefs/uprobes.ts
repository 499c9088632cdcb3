import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:fs";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import { isAlive, ownLife } from "../../platform/process-identity.ts";
import type { Instance } from "./instance.ts";
import type { Probe } from "./probes.ts";

/** Groups that this program makes: `whoforks_PID_STARTTICKS`, and `_N` for the N-th of the same process. */
const GROUP_NAME = /^whoforks_(\d+)_(\d+)(?:_\d+)?$/;
/** MAX_ARGSTR_LEN of kernel/trace/trace_probe.h. */
const LONGEST_FETCH = 63;
/** Newest kernels refuse events of more bytes than this (MAX_PROBE_EVENT_SIZE); older ones have a page. */
const LARGEST_EVENT = 3072;
/** struct uprobe_trace_entry_head with its entry: common fields and one address, two for a return probe. */
const HEAD_BYTES = 24;

let made = 0;

/**
 * What a probe is to record. Only numbers and arrays of them, never `string`: how long strings are is the traced
 * program's choice, and kernels before 2024 write past their page when all of an event's strings together need more
 * than one (kernel commit 373b9338c972, "avoid out-of-bounds memory access of fetching args"); later ones warn. Text is
 * fetched as an array of words and ends at its NUL.
 */
export interface Fetch {
  name: string;
  /** In the kernel's notation (Documentation/trace/uprobetracer.rst): `%di`, `+8(%sp)`, `+0(+8(%si))`, `$retval`. */
  place: string;
  type: "u8" | "u16" | "u32" | "u64" | "s32" | "s64" | "x64";
  /** Elements of an array, at most 64 (since 4.20); for a single value left out. */
  count?: number;
}

export interface UprobeSpec {
  /** Name of the event within the group: letters, digits and `_`. */
  event: string;
  /**
   * The open regular file. The kernel is given /proc/self/fd/N, so that its name may hold anything, and may lie in
   * another mount namespace or be deleted: the inode counts. It may be closed afterwards.
   */
  fd: number;
  /** Place in the file of the first byte of an instruction: of a function, `DefinedSymbol.fileOffset`. Anywhere else breaks the program. */
  offset: number;
  fetches: readonly Fetch[];
  /** At the return from the function instead of its entry. */
  onReturn?: boolean;
}

/**
 * User-space probes of one run, in a group that bears this program's name, its PID and start time, and switched on in an
 * instance of its own only. A probe stays until `end` or `release`; those of a run that was killed until `removeLeftoverProbes`.
 */
export class UprobeGroup {
  readonly name: string;
  readonly #tracefs: string;
  readonly #instance: Instance;
  readonly #events: string[] = [];

  constructor(tracefs: string, instance: Instance) {
    const { pid, startTicks } = ownLife();
    made++;
    this.name = `whoforks_${pid}_${startTicks}${made === 1 ? "" : `_${made}`}`;
    this.#tracefs = tracefs;
    this.#instance = instance;
  }

  /**
   * Defines a probe; nothing is recorded before `Instance.enable` of what is returned. Throws RangeError for a probe that is not to
   * be asked for, else the errno of the kernel's refusal (ENOENT without CONFIG_UPROBE_EVENTS).
   */
  define(spec: UprobeSpec): Probe {
    const command = definition(this.name, spec);
    append(`${this.#tracefs}/uprobe_events`, command);
    this.#events.push(spec.event);
    return { system: this.name, name: spec.event, filter: null, costs: "", needed: false };
  }

  /** Stops a probe without deleting it: what it has recorded stays in the buffers. Throws the errno of the refusal. */
  disable(probe: Probe): void {
    this.#instance.write(`events/${probe.system}/${probe.name}/enable`, "0");
  }

  /**
   * Switches the probes off, has the buffers drained, and deletes the probes, in this order: deleting a probe that was
   * ever switched on empties the buffers of the instances that recorded it. Returns what is still there, or null.
   * Throws only what `drain` throws, after deleting.
   */
  end(drain: () => void): string | null {
    try {
      if (existsSync(`${this.#instance.dir}/events/${this.name}/enable`))
        this.#instance.write(`events/${this.name}/enable`, "0");
    } catch {
      // A probe that is on cannot be deleted: then `release` tells.
    }
    try {
      drain();
    } finally {
      this.#deleteAll();
    }
    return this.release();
  }

  /** Deletes the probes, as far as they are off or their instance is gone. Returns what is still there, or null. Never throws. */
  release(): string | null {
    const problem = this.#deleteAll();
    return this.#events.length === 0 ? null : `${this.#events.length} probes of ${this.name} (${problem ?? "EBUSY"})`;
  }

  #deleteAll(): string | null {
    let problem: string | null = null;
    for (const event of this.#events.splice(0)) {
      try {
        append(`${this.#tracefs}/uprobe_events`, `-:${this.name}/${event}\n`);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") continue;
        problem = reasonOf(error);
        this.#events.push(event);
      }
    }
    return problem;
  }
}

/**
 * Deletes the probes that runs of this program have left that were killed; to be called after `removeLeftovers`, since a probe that
 * an instance has switched on stays. Those of living runs and of everybody else are not touched. Returns `GROUP/EVENT` of those deleted.
 */
export function removeLeftoverProbes(tracefs: string): string[] {
  const removed: string[] = [];
  for (const { file, group, event } of ourProbes(tracefs)) {
    const parts = GROUP_NAME.exec(group);
    if (parts === null || isAlive({ pid: Number(parts[1]), startTicks: parts[2] as string })) continue;
    try {
      append(file, `-:${group}/${event}\n`);
      removed.push(`${group}/${event}`);
    } catch (error) {
      // EBUSY: a run in another PID namespace, whose number means nothing here, has it on.
      if (errnoOf(error) !== "EBUSY" && errnoOf(error) !== "ENOENT") throw error;
    }
  }
  return removed;
}

/** Probes made by this program, living or left over, of any kind that the kernel lists. */
export function ourProbes(tracefs: string): { file: string; group: string; event: string }[] {
  // dynamic_events (4.20) lists probes of every kind; before, each kind has a file of its own.
  for (const file of [`${tracefs}/dynamic_events`, `${tracefs}/uprobe_events`]) {
    let text: string;
    try {
      text = readFileSync(file, "latin1");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") continue;
      throw error;
    }
    return [...text.matchAll(/^[a-z]\S*?:([^\s/]+)\/(\S+)/gm)].flatMap((match) => {
      const group = match[1] as string;
      return GROUP_NAME.test(group) ? [{ file, group, event: match[2] as string }] : [];
    });
  }
  return [];
}

/** The command that defines a probe. Throws RangeError when it would be refused, or should not be asked for. */
export function definition(group: string, spec: UprobeSpec): string {
  const { event, fd, offset, fetches, onReturn } = spec;
  if (!/^[A-Za-z_]\w{0,30}$/.test(event)) throw new RangeError(`no name of an event: ${event}`);
  if (!Number.isSafeInteger(offset) || offset <= 0) throw new RangeError(`no place for a probe: ${offset}`);
  let bytes = HEAD_BYTES;
  const texts = fetches.map(({ name, place, type, count }) => {
    if (!/^[A-Za-z_]\w{0,30}$/.test(name)) throw new RangeError(`no name of a field: ${name}`);
    if (!/^[usx](?:8|16|32|64)$/.test(type)) throw new RangeError(`no type of a fixed length: ${type as string}`);
    if (!/^[\w$%+()@-]+$/.test(place)) throw new RangeError(`no place of a value: ${place}`);
    if (count !== undefined && !(Number.isInteger(count) && count > 0 && count <= 64))
      throw new RangeError(`an array of ${count} elements`);
    bytes += (Number(type.slice(1)) / 8) * (count ?? 1);
    const text = `${place}:${type}${count === undefined ? "" : `[${count}]`}`;
    if (text.length > LONGEST_FETCH) throw new RangeError(`too long for the kernel: ${text}`);
    return ` ${name}=${text}`;
  });
  if (bytes > LARGEST_EVENT) throw new RangeError(`an event of ${bytes} bytes, of at most ${LARGEST_EVENT}`);
  return `${onReturn === true ? "r" : "p"}:${group}/${event} /proc/self/fd/${fd}:0x${offset.toString(16)}${texts.join("")}\n`;
}

/** Only ever with O_APPEND: opening with O_TRUNC deletes every probe of everybody (trace_uprobe.c probes_open). */
function append(file: string, command: string): void {
  const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(fd, command);
  } finally {
    closeSync(fd);
  }
}
