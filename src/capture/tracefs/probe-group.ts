import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:fs";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import { isAlive, ownLife } from "../../platform/process-identity.ts";
import type { Instance } from "./instance.ts";
import type { Probe } from "./probes.ts";

/** Groups that this program makes: `whoforks_PID_STARTTICKS`, and `_N` for the N-th of the same process. */
const GROUP_NAME = /^whoforks_(\d+)_(\d+)(?:_\d+)?$/;

let made = 0;

/** The file of tracefs that takes and deletes probes of one kind. */
export type ProbeFile = "uprobe_events" | "dynamic_events";

/**
 * Probes of one run, in a group that bears this program's name, its PID and start time, and switched on in an instance of
 * its own only. A probe stays until `end` or `release`; those of a run that was killed until `removeLeftoverProbes`.
 */
export class ProbeGroup {
  readonly name: string;
  readonly #tracefs: string;
  readonly #instance: Instance;
  readonly #events: { file: ProbeFile; event: string }[] = [];

  constructor(tracefs: string, instance: Instance) {
    const { pid, startTicks } = ownLife();
    made++;
    this.name = `whoforks_${pid}_${startTicks}${made === 1 ? "" : `_${made}`}`;
    this.#tracefs = tracefs;
    this.#instance = instance;
  }

  /** Gives the kernel the command that defines a probe. Throws the errno of its refusal. */
  define(file: ProbeFile, event: string, command: string): Probe {
    append(`${this.#tracefs}/${file}`, command);
    this.#events.push({ file, event });
    return { system: this.name, name: event, filter: null, costs: "", needed: false };
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
    for (const probe of this.#events.splice(0)) {
      try {
        append(`${this.#tracefs}/${probe.file}`, `-:${this.name}/${probe.event}\n`);
      } catch (error) {
        if (errnoOf(error) === "ENOENT") continue;
        problem = reasonOf(error);
        this.#events.push(probe);
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

/** Only ever with O_APPEND: opening with O_TRUNC deletes every probe of everybody (trace_uprobe.c probes_open, trace_dynevent.c dyn_event_open). */
function append(file: string, command: string): void {
  const fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(fd, command);
  } finally {
    closeSync(fd);
  }
}
