import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import { isAlive, ownLife } from "../../platform/process-identity.ts";
import { INSTANCE_NAME, ourInstances } from "./locate.ts";
import { parseEventFormat, type EventFormat } from "../../ftrace/event-format.ts";
import type { Probe } from "./probes.ts";

let made = 0;

/**
 * A private trace instance: own buffers, events, filters and clock. Nothing outside its directory is ever written.
 * Every call throws the errno of the file operation that failed unless it says otherwise.
 */
export class Instance {
  readonly dir: string;

  /** Makes it below a tracefs. Its name tells PID and start time of its maker, so that a later run knows what is left over. */
  constructor(tracefs: string) {
    const { pid, startTicks } = ownLife();
    made++;
    this.dir = `${tracefs}/instances/whoforks-${pid}-${startTicks}${made === 1 ? "" : `-${made}`}`;
    mkdirSync(this.dir);
  }

  write(file: string, text: string): void {
    // tracefs files exist; O_CREAT would only blur the error.
    writeFileSync(`${this.dir}/${file}`, text, { flag: "r+" });
  }

  /** Adds to a file that is a list: opening it for anything else empties it. */
  append(file: string, text: string): void {
    appendFileSync(`${this.dir}/${file}`, text);
  }

  read(file: string): string {
    return readFileSync(`${this.dir}/${file}`, "latin1");
  }

  /** Whether this kernel has an event. */
  has(probe: Probe): boolean {
    return existsSync(`${this.dir}/events/${probe.system}/${probe.name}/enable`);
  }

  /** The format of an event, or null when its file says nothing usable. */
  format(probe: Probe): EventFormat | null {
    return parseEventFormat(this.formatText(probe));
  }

  /** The format file of an event. */
  formatText(probe: Probe): string {
    return this.read(`events/${probe.system}/${probe.name}/format`);
  }

  /** Sets the filter of an event and switches it on. */
  enable(probe: Probe): void {
    const dir = `events/${probe.system}/${probe.name}`;
    if (probe.filter !== null) this.write(`${dir}/filter`, probe.filter);
    this.write(`${dir}/enable`, "1");
  }

  /** Switches one event off. */
  disableOnly({ system, name }: Probe): void {
    this.write(`events/${system}/${name}/enable`, "0");
  }

  /** Switches all events and the recording off. Never throws. */
  disable(): string | null {
    let problem: string | null = null;
    for (const file of ["tracing_on", "events/enable"]) {
      try {
        this.write(file, "0");
      } catch (error) {
        problem = reasonOf(error);
      }
    }
    return problem;
  }

  /** Removes the instance. Its files must be closed. Returns null, or why it is still there. Never throws. */
  remove(): string | null {
    try {
      rmdirSync(this.dir);
      return null;
    } catch (error) {
      return errnoOf(error) === "ENOENT" ? null : reasonOf(error);
    }
  }

  /** Numbers of the CPUs that the kernel has buffers for. */
  cpus(): number[] {
    const names = readdirSync(`${this.dir}/per_cpu`);
    return names.flatMap((name) => (/^cpu\d+$/.test(name) ? [Number(name.slice(3))] : [])).sort((a, b) => a - b);
  }
}

/**
 * Removes what runs that were killed have left. An instance whose maker lives, or that somebody holds open, stays.
 * Returns the names removed.
 */
export function removeLeftovers(tracefs: string): string[] {
  const removed: string[] = [];
  for (const name of ourInstances(tracefs)) {
    const parts = INSTANCE_NAME.exec(name);
    if (parts === null || isAlive({ pid: Number(parts[1]), startTicks: parts[2] as string })) continue;
    try {
      rmdirSync(`${tracefs}/instances/${name}`);
      removed.push(name);
    } catch (error) {
      // EBUSY: a run in another PID namespace, whose number means nothing here, still reads it.
      if (errnoOf(error) !== "EBUSY" && errnoOf(error) !== "ENOENT") throw error;
    }
  }
  return removed;
}
