import type { EventSink, ImageEvent, ProcessEvent } from "../model/events.ts";
import type { SourceLedger } from "../model/ledger.ts";
import { monotonicNs } from "../platform/clock.ts";
import { InOrder } from "./in-order.ts";
import { NewestProcesses } from "./newest.ts";
import { pauseAfter } from "./poll-pace.ts";
import { insideContainer } from "./procfs/container.ts";
import { ProcPoller } from "./procfs/poller.ts";
import { startObserver } from "./start-observer.ts";
import type { CouldNotLook, Observer } from "./types.ts";

/** Where a stream without end can come from: a window of audit records ends after seconds, because of what it costs. */
export type StreamSource = "tracefs" | "netlink" | "proc";

/** Between polls where little happens, ms: five pictures a second are more than anybody reads. */
const QUIET_MS = 200;
/** Between two looks at /proc where that is all there is, ms. */
const LOOK_MS = 100;
/** Time for one burst of looking up programs: beside kernel events, and where /proc is all there is. */
const BURST_NS = 1e6;
const BURST_ALONE_NS = 3e6;
const BURST_FORKS_PER_SECOND = 1000;

/**
 * Events of the whole host for as long as it is polled, with nothing kept of them here. Where there is no source of
 * kernel events they come from looking at /proc, and `couldNotLook` says so.
 */
export class LiveStream {
  readonly couldNotLook: readonly CouldNotLook[];
  /** CLOCK_MONOTONIC nanoseconds that are time 0 of the events. */
  readonly originNs: number;
  readonly #observer: Observer | null;
  readonly #stream: InOrder;
  readonly #newest: NewestProcesses;
  readonly #poller: ProcPoller | null;

  /** Starts to observe. What is made on the host is removed by `stop`, and at the end of the process. */
  constructor(source: StreamSource | undefined, sink: EventSink) {
    this.#stream = new InOrder(sink);
    const inside = insideContainer();
    const { observer, refused } = startObserver(source === undefined ? {} : { source }, (event: ProcessEvent) =>
      this.#stream.pass(event),
    );
    this.#observer = observer;
    this.couldNotLook = [...(inside === null ? [] : [inside]), ...refused, ...(observer?.limits ?? [])];
    const originNs = observer?.originNs ?? monotonicNs();
    this.originNs = originNs;
    this.#poller = observer === null ? new ProcPoller(originNs, sink) : null;
    this.#newest = new NewestProcesses(
      originNs,
      (image) => this.#found(image),
      (pid) => this.#poller?.meet(pid),
    );
  }

  get source(): StreamSource {
    const kind = this.#observer?.kind;
    return kind === undefined || kind === "audit" ? "proc" : kind;
  }

  /** Passes on what has happened. Returns the milliseconds after which it wants to be called again. */
  poll(): number {
    if (this.#observer !== null) return pauseAfter(this.#observer.poll(), QUIET_MS);
    this.#poller?.poll();
    this.#newest.look(BURST_ALONE_NS, BURST_FORKS_PER_SECOND);
    return LOOK_MS;
  }

  /** Looks up programs of the newest processes: their mount namespace and word size, on which exit codes of 32-bit programs depend. */
  lookUp(): void {
    if (this.#observer !== null) this.#newest.look(BURST_NS, BURST_FORKS_PER_SECOND);
  }

  /** Kernel events lost so far; null when that cannot be told. */
  lost(): number | null {
    return this.#observer?.losses() ?? null;
  }

  /** Ends it, passes on the rest and removes what was made on the host. Null: no source of kernel events. */
  stop(): SourceLedger | null {
    const ledger = this.#observer?.stop() ?? null;
    this.#stream.flush(Number.POSITIVE_INFINITY);
    this.#newest.close();
    return ledger;
  }

  #found(image: ImageEvent): void {
    if (this.#poller !== null) {
      this.#poller.meet(image.pid);
      return;
    }
    this.#stream.add(image);
    if (image.bits === 32) this.#observer?.watch32Bit([image.comm]);
  }
}
