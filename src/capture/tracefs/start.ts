import { endianness } from "node:os";
import { readFileSync } from "node:fs";
import type { EventSink } from "../../model/events.ts";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { removeLeftoverProbes } from "./probe-group.ts";
import { MOST_EXECS_PER_SECOND, type ArgvMode } from "./call-recorder.ts";
import { onlineCpus } from "./cpu-buffers.ts";
import { FormatError } from "../../ftrace/decoder.ts";
import type { EventFormat } from "../../ftrace/event-format.ts";
import { parseHeaderPage } from "../../ftrace/header-page.ts";
import type { TraceDescription } from "../../ftrace/trace-dat/head.ts";
import type { PageTee } from "../../ftrace/trace-dat/tee.ts";
import { Instance, removeLeftovers } from "./instance.ts";
import { fail, locateTracefs, releaseTracefs } from "./locate.ts";
import { TracefsObserver, type Session } from "./observer.ts";
import { cannotSee, has32BitExits, NEW_TASK, PROBES, PROCESS_FORK, RAW_ENTER, type Probe } from "./probes.ts";

const ABSENT = "this kernel does not have it, or was built without CONFIG_FTRACE_SYSCALLS";

export interface TracefsOptions {
  /** Ring buffer of each CPU, KiB. Default: 8 MiB, less where there are more than 32 CPUs. */
  bufferKb?: number;
  /** Gets the raw pages as they are read. */
  tee?: PageTee;
  /** When the arguments of execs are recorded; `auto` by default. */
  argv?: ArgvMode;
  /** With `auto`: execs a second above which they are recorded no longer. Default: 500. */
  argvLimit?: number;
}

/**
 * Starts to observe forks, execs, exits and SIGCHLD of the whole host through a private trace instance. Needs root.
 * Returns the observer, or why the kernel could not be observed and what would allow it. Never throws for the host's state.
 */
export function startTracefs(sink: EventSink, options: TracefsOptions = {}): Observer | CouldNotLook {
  if (endianness() !== "LE") return fail("big-endian", "trace pages of big-endian machines are not read", null);
  // Another run that ends may unmount tracefs between finding and using it: then find it again.
  for (let attempt = 1; ; attempt++) {
    const found = locateTracefs();
    if ("code" in found) return found;
    let instance: Instance;
    try {
      removeLeftovers(found.dir);
      removeLeftoverProbes(found.dir);
      instance = new Instance(found.dir);
    } catch (error) {
      if (attempt < 3 && found.ours && ["ENOENT", "EPERM", "EACCES", "EBUSY"].includes(errnoOf(error))) continue;
      releaseQuietly(found.dir);
      return fail("no-instance", `making a trace instance in ${found.dir} failed (${reasonOf(error)})`, null);
    }
    return startIn(found.dir, instance, sink, options);
  }
}

function startIn(
  tracefs: string,
  instance: Instance,
  sink: EventSink,
  options: TracefsOptions,
): Observer | CouldNotLook {
  let observer: TracefsObserver;
  try {
    const session = configure(tracefs, instance, options);
    if ("code" in session) {
      instance.remove();
      releaseQuietly(tracefs);
      return session;
    }
    observer = new TracefsObserver(session, sink);
  } catch (error) {
    instance.remove();
    releaseQuietly(tracefs);
    if (error instanceof FormatError) return fail("format", error.message, null);
    return fail("setup", `setting up ${instance.dir} failed (${reasonOf(error)})`, null);
  }
  try {
    observer.begin();
    return observer;
  } catch (error) {
    return fail("enable", `switching trace events on failed (${reasonOf(error)})`, null);
  }
}

function configure(tracefs: string, instance: Instance, options: TracefsOptions): Session | CouldNotLook {
  try {
    instance.write("trace_clock", "mono");
  } catch (error) {
    return fail(
      "no-clock",
      `the trace clock "mono" is refused (${reasonOf(error)}); kernels before 3.17 lack it`,
      null,
    );
  }
  instance.write(
    "buffer_size_kb",
    String(options.bufferKb ?? defaultBufferKb((onlineCpus() ?? instance.cpus()).length)),
  );
  // Events are switched on one after another, in milliseconds each; `begin` lets all of them be recorded at once.
  instance.write("tracing_on", "0");
  // Remembering task names for the text form of the trace would cost every context switch of the host a little.
  instance.write("trace_options", "norecord-cmd");
  const headerPage = readHeader(tracefs, instance, "header_page");
  const layout = parseHeaderPage(headerPage);
  if (layout === null) return fail("format", "events/header_page of this kernel is not understood", null);
  const limits: CouldNotLook[] = [];
  const formats = new Map<string, EventFormat>();
  const usable = (probe: Probe): boolean => {
    const format = instance.has(probe) ? instance.format(probe) : null;
    if (format !== null) formats.set(probe.name, format);
    else limits.push(cannotSee(probe, ABSENT));
    return format !== null;
  };
  const fork = instance.has(NEW_TASK) ? NEW_TASK : PROCESS_FORK;
  if (fork === PROCESS_FORK) limits.push(cannotSee(NEW_TASK, ABSENT));
  const probes = [fork, ...PROBES].filter(usable);
  const lacking = [fork, ...PROBES].find((probe) => probe.needed && !probes.includes(probe));
  if (lacking !== undefined)
    return fail("missing", `this kernel has no trace event ${lacking.system}/${lacking.name}`, null);
  if (has32BitExits()) usable(RAW_ENTER);
  const description: TraceDescription = {
    headerPage,
    headerEvent: readHeader(tracefs, instance, "header_event"),
    events: [fork, ...PROBES, RAW_ENTER]
      .filter((probe) => formats.has(probe.name))
      .map((probe) => ({ system: probe.system, format: instance.formatText(probe) })),
    clock: "mono",
    pageSize: layout.pageSize,
  };
  return {
    tracefs,
    instance,
    layout,
    formats,
    probes,
    limits,
    tee: options.tee ?? null,
    description,
    ...argvOf(options),
  };
}

function argvOf({ argv, argvLimit }: TracefsOptions): Pick<Session, "argv" | "argvLimit"> {
  return { argv: argv ?? "auto", argvLimit: argvLimit ?? MOST_EXECS_PER_SECOND };
}

/** 8 MiB for each CPU holds more than two seconds of the fastest storm; 256 MiB for all; never less than the kernel's own default. */
export function defaultBufferKb(cpus: number): number {
  return Math.max(1408, Math.min(8192, Math.floor(262_144 / Math.max(cpus, 1))));
}

/** Since 6.8 pages may have another size in each instance, and each has its own file. */
export function readHeader(tracefs: string, instance: Instance, name: "header_page" | "header_event"): string {
  try {
    return instance.read(`events/${name}`);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return readFileSync(`${tracefs}/events/${name}`, "latin1");
  }
}

/** After a failed start: gives the mount back; that something else uses it by then is no news. */
function releaseQuietly(tracefs: string): void {
  releaseTracefs(tracefs);
}
