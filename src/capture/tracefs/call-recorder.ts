import { existsSync } from "node:fs";
import { release } from "node:os";
import { CallDecoder } from "../../ftrace/call-decoder.ts";
import type { PageLayout } from "../../ftrace/header-page.ts";
import { Kind, RecordQueue } from "../../ftrace/record-queue.ts";
import { emptyLedger } from "../../model/ledger.ts";
import { monotonicNs, type SplitTime } from "../../platform/clock.ts";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import type { CouldNotLook } from "../types.ts";
import { cLibrariesInUse, cLibrariesOf } from "../procfs/c-libraries.ts";
import { kernelConfig } from "../procfs/kernel-config.ts";
import { readSmall } from "../procfs/read-small.ts";
import { CpuBuffers, onlineCpus } from "./cpu-buffers.ts";
import { hasEprobes } from "./eprobes.ts";
import { ExecProbes, MOST_LIBRARIES } from "./exec-probes.ts";
import { Instance } from "./instance.ts";
import { cannotSee, type Probe } from "./probes.ts";

/** When arguments are recorded: as the rule says (`auto`), from the start and whatever it costs, or not at all. */
export type ArgvMode = "auto" | "always" | "never";

/** The rule of docs/argv.md. Execs a second from which the arguments are worth having, and from which they cost too much. */
const FROM_EXECS_PER_SECOND = 5;
export const MOST_EXECS_PER_SECOND = 500;
/** Failed calls a second that are recorded; a bomb at its limit fails hundreds of thousands of times. */
const MOST_FAILURES_PER_SECOND = 50_000;
const SPAN_NS = 0.5e9;
/** Time for finding the C libraries in /proc/PID/maps. */
const SEARCH_NS = 60e6;
/** Programs whose C library was looked for within the window. */
const MOST_LOOKED_AT = 512;

/** ERESTARTSYS (512) and what follows are no errors: the call is made again (include/linux/errno.h). */
const FAILED = "ret < 0 && ret > -512";
const COSTS = "calls that fail stay uncounted";
const FAILURES: readonly { name: string; kind: typeof Kind.execFailed | typeof Kind.forkFailed }[] = [
  { name: "sys_exit_execve", kind: Kind.execFailed },
  { name: "sys_exit_execveat", kind: Kind.execFailed },
  { name: "sys_exit_clone", kind: Kind.forkFailed },
  { name: "sys_exit_clone3", kind: Kind.forkFailed },
  { name: "sys_exit_fork", kind: Kind.forkFailed },
  { name: "sys_exit_vfork", kind: Kind.forkFailed },
];

/**
 * Records with which arguments programs are executed, and the execs and forks that fail, in an instance of its own: a
 * flood of these cannot push forks and exits out of the other one. Its queues are merged with those of the other instance.
 */
export class CallRecorder {
  readonly limits: CouldNotLook[] = [];
  readonly notes: string[] = [];
  readonly #tracefs: string;
  readonly #instance: Instance;
  readonly #decoder: CallDecoder;
  readonly #buffers: CpuBuffers;
  readonly #probes: ExecProbes;
  readonly #mode: ArgvMode;
  readonly #limit: number;
  readonly #failures: Probe[] = [];
  readonly #lookedAt = new Set<string>();
  #state: "waiting" | "on" | "off";
  #since = 0;
  #callsThen = 0;
  #failuresThen = 0;
  #execsThen = 0;
  #ended = false;

  /** Opens the buffers. Throws what the file operations throw; then nothing of it is left. */
  constructor(tracefs: string, layout: PageLayout, origin: SplitTime, mode: ArgvMode, limit: number) {
    this.#tracefs = tracefs;
    this.#mode = mode;
    this.#limit = limit;
    this.#state = mode === "never" ? "off" : "waiting";
    this.#instance = new Instance(tracefs);
    try {
      this.#instance.write("trace_clock", "mono");
      this.#instance.write("buffer_size_kb", String(bufferKb((onlineCpus() ?? this.#instance.cpus()).length)));
      this.#instance.write("trace_options", "norecord-cmd");
      this.#decoder = new CallDecoder(new RecordQueue(), process.arch === "x64");
      this.#probes = new ExecProbes(tracefs, this.#instance, (format, where) =>
        where === "library" ? this.#decoder.addCall(format) : this.#decoder.addEntry(format),
      );
      this.#buffers = new CpuBuffers(this.#instance, layout, origin, emptyLedger("tracefs", 0));
    } catch (error) {
      this.#instance.remove();
      throw error;
    }
  }

  get queues(): readonly RecordQueue[] {
    return this.#buffers.queues;
  }

  get readToEnd(): readonly number[] {
    return this.#buffers.readToEnd;
  }

  /** Switches the events on. Never throws for the kernel's state. */
  begin(): void {
    this.#since = monotonicNs();
    for (const { name, kind } of FAILURES) {
      const probe: Probe = { system: "syscalls", name, filter: FAILED, costs: COSTS, needed: false };
      // Not every machine has fork and vfork, not every kernel clone3 and execveat.
      if (!this.#instance.has(probe)) continue;
      try {
        const format = this.#instance.format(probe);
        if (format === null || !this.#decoder.addFailure(format, kind)) throw new Error("its format is not understood");
        this.#instance.enable(probe);
        this.#failures.push(probe);
      } catch (error) {
        this.limits.push(cannotSee(probe, `it cannot be used (${reasonOf(error)})`));
      }
    }
    if (this.#mode === "always") this.#arm();
  }

  /** Empties the kernel's buffers. `execs` is the number of execs seen so far by the other instance. */
  poll(execs: number): void {
    if (this.#ended) return;
    this.#buffers.read(this.#decoder, false);
    const now = monotonicNs();
    const seconds = (now - this.#since) / 1e9;
    if (
      this.#state === "waiting" &&
      execs - this.#execsThen >= 3 &&
      execs - this.#execsThen >= FROM_EXECS_PER_SECOND * seconds
    )
      this.#arm();
    if (now - this.#since < SPAN_NS) return;
    const { failures } = this.#decoder;
    // Most execs come by both ways.
    const calls = Math.max(this.#decoder.calls, this.#decoder.entries);
    const callsPerSecond = (calls - this.#callsThen) / seconds;
    if (this.#mode === "auto" && this.#state === "on" && callsPerSecond > this.#limit) this.#disarm(callsPerSecond);
    if ((failures - this.#failuresThen) / seconds > MOST_FAILURES_PER_SECOND) this.#failuresOff();
    this.#since = now;
    this.#callsThen = calls;
    this.#failuresThen = failures;
    this.#execsThen = execs;
  }

  /** A living process was met: its C library may be one that is not known yet. `program` tells it from others like it. */
  met(pid: number, program: string): void {
    if (this.#state !== "on" || this.#lookedAt.has(program) || this.#lookedAt.size >= MOST_LOOKED_AT) return;
    const libraries = cLibrariesOf(pid);
    // A process just born has mapped nothing yet: the next one of its kind will have.
    if (libraries.length === 0) return;
    this.#lookedAt.add(program);
    for (const library of libraries) this.#probes.add(library);
  }

  /** Switches everything off, reads the rest into the queues and removes everything from the host. Idempotent, never throws. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const drain = (): void => {
      try {
        this.#instance.disable();
        this.#buffers.read(this.#decoder, true);
        const { overrun, commitOverrun, dropped } = this.#buffers.kernelLosses();
        const lost = Math.max(overrun + commitOverrun + dropped, this.#buffers.lost);
        if (lost > 0)
          this.notes.push(`${lost} records of calls (arguments, failures) were lost, because their buffers were full`);
      } catch (error) {
        this.notes.push(`reading the last calls failed (${reasonOf(error)})`);
      }
    };
    let left = this.#probes.end(drain);
    this.#buffers.close();
    const instance = this.#instance.remove();
    // A probe that was still on somewhere can be deleted now.
    if (left !== null) left = this.#probes.release();
    if (left !== null) this.notes.push(`${left} could not be deleted`);
    if (instance !== null)
      this.notes.push(`the trace instance ${this.#instance.dir} could not be removed (${instance})`);
    const { libraries, atEntry } = this.#probes;
    if (libraries > 0)
      this.notes.push(
        `arguments of ${this.#decoder.calls} execs recorded in ${libraries} C ${libraries === 1 ? "library" : "libraries"}`,
      );
    if (atEntry) this.notes.push(`arguments of ${this.#decoder.entries} execs recorded at the system call`);
  }

  #arm(): void {
    this.#state = "on";
    const supported = existsSync(`${this.#tracefs}/uprobe_events`);
    const { libraries, whole } = supported
      ? cLibrariesInUse(MOST_LIBRARIES, SEARCH_NS)
      : { libraries: [], whole: true };
    for (const library of libraries) this.#probes.add(library);
    if (!whole) this.notes.push("not every process was asked for its C library, because there are many");
    this.#armEntries();
    if (this.#probes.libraries > 0 || this.#probes.atEntry) return;
    this.#state = "off";
    const none = "no living process has a C library of 64 bits that exports execve";
    const why = supported
      ? (this.#probes.why ?? none)
      : "this kernel has neither user-space probes (CONFIG_UPROBE_EVENTS) nor event probes (CONFIG_EPROBE_EVENTS)";
    const what = "with which arguments programs are executed";
    this.limits.push({ code: "tracefs.no-argv", what, why, remedy: "sudo whoforks diagnose --with audit" });
  }

  /** Event probes are an extra: most kernels of distributions have them, and where user-space probes are they add the rest. */
  #armEntries(): void {
    const readme = readSmall(`${this.#tracefs}/README`)?.toString("latin1") ?? null;
    if (hasEprobes(readme, kernelConfig(release())) === false) return;
    try {
      this.#probes.addEntries();
    } catch (error) {
      // EINVAL: its configuration cannot be read, and it has none.
      if (errnoOf(error) !== "EINVAL")
        this.notes.push(`arguments could not be recorded at the system call (${reasonOf(error)})`);
    }
  }

  #disarm(perSecond: number): void {
    this.#state = "off";
    try {
      this.#probes.disable();
      this.notes.push(
        `arguments were recorded until there were ${Math.round(perSecond)} execs a second, when that would have cost too much`,
      );
    } catch (error) {
      this.notes.push(`the probes for arguments could not be switched off (${reasonOf(error)})`);
    }
  }

  #failuresOff(): void {
    for (const probe of this.#failures.splice(0)) {
      try {
        this.#instance.write(`events/${probe.system}/${probe.name}/enable`, "0");
      } catch (error) {
        this.notes.push(`${probe.name} could not be switched off (${reasonOf(error)})`);
      }
    }
    const seconds = ((monotonicNs() - this.#since) / 1e9).toFixed(1);
    this.notes.push(
      `failed calls were counted no longer when more than ${MOST_FAILURES_PER_SECOND} a second came (for ${seconds} s)`,
    );
  }
}

/** 2 MiB for each CPU hold the arguments of some 800 execs, 64 MiB for all. */
function bufferKb(cpus: number): number {
  return Math.max(512, Math.min(2048, Math.floor(65_536 / Math.max(cpus, 1))));
}
