import { emptyLedger, type SourceLedger } from "../model/ledger.ts";
import type { ForkEvent, ImageEvent, ProcessEvent } from "../model/events.ts";
import type { HiddenAccount } from "../model/hidden.ts";
import { monotonicNs } from "../platform/clock.ts";
import { AuditBeside } from "./audit/enrich.ts";
import { boundedByAudit, clearAuditLeftovers } from "./audit/start.ts";
import { MOST_SECONDS as AUDIT_SECONDS } from "./audit/window.ts";
import { CgroupsOfPrograms } from "./cgroup/of-programs.ts";
import { cgroupUsage } from "./cgroup/usage.ts";
import { LivingByEvents } from "./hidden/living-by-events.ts";
import { lookForHidden } from "./hidden/look.ts";
import { whyNotLook } from "./hidden/why-not.ts";
import { InOrder } from "./in-order.ts";
import { imageOf, NewestProcesses } from "./newest.ts";
import { pauseAfter } from "./poll-pace.ts";
import { hostFacts } from "./procfs/host.ts";
import { readSmall } from "./procfs/read-small.ts";
import { readCounters, snapshot } from "./procfs/snapshot.ts";
import { insideContainer } from "./procfs/container.ts";
import { hiddenProcesses, missedByPolling } from "./procfs/limits.ts";
import { parseStatLine } from "./procfs/stat-line.ts";
import { startObserver } from "./start-observer.ts";
import { SwitchWindow } from "./switch-window.ts";
import type { CouldNotLook, Observation, ObserveOptions, Observer, Snapshot } from "./types.ts";
import { YoungSpawners } from "./young-spawners.ts";

const ASK_EVERY_NS = 0.1e9;
/** Of a pause, for other work: the rest makes up for a step that takes longer than meant. */
const IDLE_SHARE = 0.6;
/** The look for hidden processes begins when a storm's first events are in, and is over before a verdict can be. */
const EARLY_LOOK_NS = 0.5e9;
/** A run of this length has seen births that the early look could not know of. */
const LOOK_AGAIN_SECONDS = 2.5;
const FIRST_LOOK_NS = 0.02e9;
/** Time for looking up programs in each tenth of a second: 2 % of a CPU beside tracefs, 5 % when it is all there is. */
const LOOK_NS = 2e6;
const LOOK_ALONE_NS = 5e6;

/**
 * Observes the whole host for a while: snapshots of /proc around it, kernel events in between, programs of processes too
 * short-lived for snapshots. Where tracefs is not to be had it goes on with /proc alone and says so in `couldNotLook`.
 * Everything made on the host is removed before it resolves or rejects. Rejects with what the sink or `enough` throws.
 */
export async function observe(options: ObserveOptions): Promise<Observation> {
  if (!(options.seconds > 0)) throw new RangeError(`a window of ${options.seconds} seconds`);
  const host = hostFacts();
  const listed = snapshot();
  const window = new Window(options, listed);
  // To set up tracing takes a tenth of a second, in which the host stands still: that is before the window, and what cgroups
  // used is counted from here.
  const before: Snapshot = { ...listed, cgroups: cgroupUsage() };
  const startEpochMs = Math.round(Date.now() - window.seconds() * 1000);
  try {
    options.begin?.(before);
    await window.run();
    const seconds = window.seconds();
    const after = snapshot();
    const sources = window.stop(before, after);
    const hidden = await window.hidden();
    return {
      host,
      startEpochMs,
      seconds,
      sources,
      hidden,
      cpu: window.switches.slices,
      cgroupsOf: window.cgroups.met,
      before,
      after,
      couldNotLook: window.couldNotLook,
      interrupted: options.signal.aborted,
    };
  } finally {
    window.release();
  }
}

/** The observation while it runs. */
class Window {
  readonly couldNotLook: CouldNotLook[] = [];
  readonly switches: SwitchWindow;
  readonly cgroups = new CgroupsOfPrograms();
  readonly #options: ObserveOptions;
  readonly #seconds: number;
  readonly #observer: Observer | null;
  readonly #audit: AuditBeside | null = null;
  readonly #startNs: number;
  readonly #stream: InOrder;
  readonly #newest: NewestProcesses;
  readonly #young: YoungSpawners;
  /** Without kernel events: numbers of processes that turned up. */
  readonly #seen = new Set<number>();
  readonly #alive = new LivingByEvents();
  #forks = 0;
  #forksAsked = 0;
  #released = false;
  #early: Promise<HiddenAccount | null> | null = null;
  #cannotLook = false;

  constructor(options: ObserveOptions, before: Snapshot) {
    this.#options = options;
    this.#stream = new InOrder(options.sink);
    this.#young = new YoungSpawners((pid) => before.processes.has(pid));
    for (const limit of [insideContainer(), hiddenProcesses()]) if (limit !== null) this.couldNotLook.push(limit);
    clearAuditLeftovers();
    const { openAuditReader, withAudit } = options;
    const { observer, refused } = startObserver(options, (event) => this.#arrived(event));
    this.#observer = observer;
    this.couldNotLook.push(...refused);
    this.#seconds = Math.min(options.seconds, observer?.mostSeconds ?? options.seconds);
    if (this.#seconds < options.seconds || (withAudit === true && options.seconds > AUDIT_SECONDS))
      this.couldNotLook.push(boundedByAudit());
    if (withAudit === true && openAuditReader !== undefined && observer !== null && observer.kind !== "audit") {
      this.#audit = new AuditBeside(openAuditReader, observer.originNs, (event) => this.#pass(event));
      this.couldNotLook.push(...this.#audit.couldNotLook);
    }
    if (observer === null) {
      this.#forks = before.forks;
      this.#forksAsked = before.forks;
    }
    this.#startNs = this.#observer?.originNs ?? monotonicNs();
    this.switches = new SwitchWindow(before, this.#startNs);
    this.#newest = new NewestProcesses(
      this.#startNs,
      (event) => this.#found(event),
      (pid) => this.#turnedUp(pid, null),
    );
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const end = this.#startNs + this.#seconds * 1e9;
    // The first look comes early: what it finds decides which exit codes of 32-bit programs are seen.
    let ask = this.#startNs + FIRST_LOOK_NS;
    let asked = this.#startNs;
    while (!signal.aborted) {
      const polled = this.seconds();
      const events = this.#observer?.poll() ?? 0;
      this.#audit?.poll();
      this.switches.poll();
      const now = monotonicNs();
      if (now >= end) return;
      if (now >= ask) {
        this.#lookUp(now - asked);
        this.#options.progress?.((now - this.#startNs) / 1e9);
        if (this.#early === null && now - this.#startNs >= EARLY_LOOK_NS) {
          this.#early = this.#lookForHidden();
          // It is waited for at the end; until then its failure must not count as one that nobody minds.
          this.#early.catch(() => {});
        }
        // Asked each time: whoever answers counts from look to look.
        const enough = this.#options.enough(polled);
        if (enough && !this.switches.open) return;
        asked = now;
        // On a grid, so that looks are a tenth of a second apart and not a tenth and a pause.
        ask = Math.max(ask + ASK_EVERY_NS, now + ASK_EVERY_NS / 2);
      }
      const next = Math.min(end, ask, now + pauseAfter(events) * 1e6);
      this.#options.idle?.(((next - now) / 1e6) * IDLE_SHARE);
      await sleep(Math.max(1, (next - monotonicNs()) / 1e6), signal);
    }
  }

  seconds(): number {
    return (monotonicNs() - this.#startNs) / 1e9;
  }

  /** Ends the window: the rest of the events, then the account of each source. */
  stop(before: Snapshot, after: Snapshot): SourceLedger[] {
    this.switches.finish();
    this.couldNotLook.push(...this.switches.couldNotLook);
    const sources: SourceLedger[] = [];
    if (this.#observer !== null) {
      sources.push(this.#observer.stop());
      // Some of them show only while it runs.
      this.couldNotLook.push(...this.#observer.limits);
    }
    const audit = this.#audit?.stop() ?? null;
    if (audit !== null) sources.push(audit);
    this.#stream.flush(Number.POSITIVE_INFINITY);
    const proc = emptyLedger("proc", null);
    proc.events = this.#stream.woven;
    const { met, told } = this.#newest;
    proc.note = `programs of ${told} of ${met} processes looked at just after their birth`;
    if (this.#observer === null) {
      const forks = after.forks - before.forks;
      proc.note += `, out of ${forks} tasks created in the window`;
      for (const pid of after.processes.keys()) if (!before.processes.has(pid)) this.#seen.add(pid);
      const missed = missedByPolling(forks, this.#seen.size);
      if (missed !== null) this.couldNotLook.push(missed);
    }
    sources.push(proc);
    return sources;
  }

  /**
   * Processes that /proc does not show; null: it cannot be told, and `couldNotLook` says why. A short run is answered by the
   * look within it, which waited for nobody; a longer one looks again at its end.
   */
  async hidden(): Promise<HiddenAccount | null> {
    const early = await this.#early;
    if (early !== null && this.seconds() < LOOK_AGAIN_SECONDS) return early;
    return await this.#lookForHidden();
  }

  async #lookForHidden(): Promise<HiddenAccount | null> {
    const { signal } = this.#options;
    if (this.#cannotLook || signal.aborted) return null;
    const obstacle = whyNotLook();
    if (obstacle !== null) {
      this.#cannotLook = true;
      this.couldNotLook.push(obstacle);
      return null;
    }
    // Within a PID namespace events number processes otherwise than its /proc.
    const events = this.#observer === null || insideContainer() !== null ? null : this.#alive.living;
    return await lookForHidden({ events, signal });
  }

  /** Removes everything from the host, whatever has happened. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#newest.close();
    this.switches.release();
    this.#audit?.release();
    this.#observer?.stop();
  }

  #arrived(event: ProcessEvent): void {
    if (this.#audit === null) this.#pass(event);
    else this.#audit.pass(event);
  }

  #pass(event: ProcessEvent): void {
    if (event.type === "fork") this.#countFork(event);
    this.#alive.note(event);
    this.#stream.pass(event);
  }

  #countFork(event: ForkEvent): void {
    this.#forks++;
    if (!event.thread) this.#young.forked(event.pid);
  }

  #found(image: ImageEvent): void {
    this.cgroups.note(image.pid, image.exe);
    this.#turnedUp(image.pid, image);
    this.#stream.add(image);
    if (image.bits === 32) this.#observer?.watch32Bit([image.comm]);
    this.#observer?.met(image.pid, `${image.mountNamespace}\0${image.root ?? "/"}\0${image.exe}`);
  }

  /** Without kernel events a process turns up when it is looked at, with the parent that it has then. */
  #turnedUp(pid: number, image: ImageEvent | null): void {
    if (this.#observer !== null) return;
    const line = readSmall(`/proc/${pid}/stat`);
    const stat = line === null ? null : parseStatLine(line);
    if (stat === null && image === null) return;
    this.#seen.add(pid);
    const ts = image?.ts ?? monotonicNs() - this.#startNs;
    const comm = image?.comm ?? stat?.comm ?? "";
    this.#stream.add({ type: "seen", ts, pid, ppid: stat?.ppid ?? null, comm, exe: image?.exe ?? null, abi: null });
  }

  /** Looks at new processes; `sinceNs` is the time since the last look. */
  #lookUp(sinceNs: number): void {
    if (this.#observer === null) this.#forks = readCounters().forks;
    const forksPerSecond = ((this.#forks - this.#forksAsked) / sinceNs) * 1e9;
    this.#forksAsked = this.#forks;
    // Whoever asked for another source, or had to take one, gets no recording by tracefs either.
    if (this.#observer?.kind === "tracefs") this.switches.consider(forksPerSecond);
    for (const pid of this.#young.take()) {
      const image = imageOf(pid, this.#startNs);
      if (image !== null) this.#stream.add(image);
    }
    this.#newest.look(this.#observer === null ? LOOK_ALONE_NS : LOOK_NS, forksPerSecond);
    // Without kernel events nothing comes later that these would have to wait for.
    if (this.#observer === null) this.#stream.flush(Number.POSITIVE_INFINITY);
  }
}

/** Sleeps, and wakes at once when the signal is given. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}
