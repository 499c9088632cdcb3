import type { EventSink, ProcessEvent } from "../../model/events.ts";
import type { SourceLedger } from "../../model/ledger.ts";
import { monotonicNs } from "../../platform/clock.ts";
import type { CouldNotLook } from "../types.ts";
import { AuditJoin } from "./join.ts";
import type { OpenRecordReader } from "./reader.ts";
import { openAuditWindow } from "./start.ts";
import { MOST_SECONDS, type AuditWindow } from "./window.ts";

/** A window of audit records beside another source of kernel events, whose events pass through here. */
export class AuditBeside {
  readonly couldNotLook: CouldNotLook[] = [];
  readonly #join: AuditJoin;
  readonly #window: AuditWindow | null = null;
  readonly #originNs: number;

  /**
   * Opens it; where it is not to be had, `couldNotLook` says so and events pass unchanged. `originNs` (CLOCK_MONOTONIC) is
   * time 0 of the other source's events.
   */
  constructor(openReader: OpenRecordReader, originNs: number, sink: EventSink) {
    this.#originNs = originNs;
    this.#join = new AuditJoin(sink);
    const opened = openAuditWindow((event) => this.#tell(event), openReader);
    if ("why" in opened) {
      this.couldNotLook.push(opened);
      return;
    }
    this.#window = opened.window;
    this.#join.sinceNs = opened.window.originNs - originNs;
    this.couldNotLook.push(...opened.limits.filter(({ code }) => code !== "audit.older-processes"));
  }

  /** An event of the other source. */
  pass(event: ProcessEvent): void {
    this.#join.pass(event);
  }

  poll(): void {
    this.#window?.poll();
    const recording = this.#window?.recording === true;
    this.#join.deliver(recording ? monotonicNs() - this.#originNs : Number.POSITIVE_INFINITY);
  }

  /** Ends the window; after the other source has stopped. Null when there was none. */
  stop(): SourceLedger | null {
    try {
      const ledger = this.#window?.stop() ?? null;
      this.#join.deliver(Number.POSITIVE_INFINITY);
      if (ledger === null) return null;
      const { execs, joined, abis } = this.#join;
      const told = `arguments of ${joined} of ${execs} execs since its rules were in and the instruction set of ${abis} processes, joined to the other source's events; audit on for at most ${MOST_SECONDS} s`;
      return { ...ledger, events: joined + abis, note: ledger.note === undefined ? told : `${told}; ${ledger.note}` };
    } finally {
      this.release();
    }
  }

  /** Removes it from the host, whatever has happened. */
  release(): void {
    this.#window?.release();
  }

  #tell(event: ProcessEvent): void {
    const window = this.#window;
    if (window === null) return;
    event.ts += window.originNs - this.#originNs;
    this.#join.tell(event);
  }
}
