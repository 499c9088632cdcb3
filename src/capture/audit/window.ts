import type { EventSink, ProcessEvent } from "../../model/events.ts";
import { emptyLedger, type SourceLedger } from "../../model/ledger.ts";
import { monotonicNs } from "../../platform/clock.ts";
import type { AuditControl } from "./control.ts";
import { Logins } from "./logins.ts";
import type { AuditStatus } from "./messages.ts";
import { ownKey } from "./own-key.ts";
import { ruleAbis } from "./process-calls.ts";
import type { OpenRecordReader, RecordReader } from "./reader.ts";
import type { Records } from "./records.ts";
import { RulesOnHost, type RulesRefused } from "./rules-on-host.ts";

/** Records cost every fork, exec and exit of the host: no window is longer, however long the observation is. */
export const MOST_SECONDS = 10;
/** A fork's record is written when its call ends, which may be after its child has ended. */
const HOLD_MS = 150;
const CHECK_NS = 0.5e9;
/** Further than this no clock is slewed within a window (adjtimex(2): 500 ppm), nor are two looks at it apart. */
const CLOCK_SET_NS = 50e6;
/** The kernel's thread hands on what waits within milliseconds once nothing new comes. */
const LAST_RECORDS_MS = 30;

/** How records get from the kernel to a reader. */
export interface WindowParts {
  control: AuditControl;
  openReader: OpenRecordReader;
  openRecords: (reader: RecordReader) => Records;
}

/** A bounded time with rules of ours: records of process calls become events. Removes all it made when it ends. */
export class AuditWindow {
  /** Events given to the sink. */
  events = 0;
  readonly originNs = monotonicNs();
  readonly rules: RulesOnHost;
  readonly #sink: EventSink;
  readonly #control: AuditControl;
  readonly #reader: RecordReader;
  readonly #records: Records;
  readonly #logins: Logins;
  readonly #notes: string[] = [];
  /** As the window begins. */
  readonly #epochNs = epochNs();
  #clockSet = false;
  #checked = this.originNs;
  #disturbed = false;
  #rulesOut = false;
  #ledger: SourceLedger | null = null;

  private constructor(
    { control }: WindowParts,
    rules: RulesOnHost,
    stream: { reader: RecordReader; records: Records; logins: Logins; sink: EventSink },
  ) {
    this.#control = control;
    this.rules = rules;
    this.#reader = stream.reader;
    this.#records = stream.records;
    this.#logins = stream.logins;
    this.#sink = stream.sink;
  }

  /** Opens it; what `openRecords` throws is thrown on, with nothing left on the host. Times count from its start. */
  static open(parts: WindowParts, sink: EventSink): AuditWindow | RulesRefused {
    const holder: { window: AuditWindow | null } = { window: null };
    const logins = new Logins();
    const reader = parts.openReader((event) => {
      if (holder.window !== null) holder.window.#pass(event);
    });
    // Listening before there are rules, so that the first record is not missed.
    const records = parts.openRecords({
      push(bytes, file) {
        logins.take(bytes);
        reader.push(bytes, file);
      },
      handOn: (until) => reader.handOn(until),
      get originEpochMs() {
        return reader.originEpochMs;
      },
      end: () => reader.end(),
    });
    let opened = false;
    try {
      const rules = RulesOnHost.load(parts.control);
      if ("code" in rules) return rules;
      opened = true;
      return (holder.window = new AuditWindow(parts, rules, { reader, records, logins, sink }));
    } finally {
      if (!opened) {
        records.close();
        parts.control.close();
      }
    }
  }

  /** Whether records are still made. */
  get recording(): boolean {
    return !this.#rulesOut;
  }

  /** Hands on what has come. Takes the rules away when the time of the window is over. Returns the number of events. */
  poll(): number {
    if (this.#ledger !== null) return 0;
    const before = this.events;
    this.#records.drain();
    this.#watchClock();
    this.#reader.handOn(Date.now() - HOLD_MS);
    const now = monotonicNs();
    if (!this.#rulesOut && now - this.#checked > CHECK_NS) this.#check(now);
    if (!this.#rulesOut && now - this.originNs > MOST_SECONDS * 1e9) this.#takeRulesOut();
    return this.events - before;
  }

  /** Takes the rules away, hands on the rest and gives the account. Idempotent. */
  stop(): SourceLedger {
    if (this.#ledger !== null) return this.#ledger;
    try {
      this.#takeRulesOut();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_RECORDS_MS);
      this.#records.drain();
      this.#ledger = this.#reader.end().ledger;
    } finally {
      // Also when the sink throws.
      this.#ledger ??= emptyLedger("audit", null);
      this.#close();
    }
    return this.#account(this.#ledger);
  }

  /** Removes it from the host without delivering anything more. Idempotent. */
  release(): void {
    if (this.#ledger !== null) return;
    this.#ledger = emptyLedger("audit", null);
    this.#close();
    this.#control.close();
  }

  #takeRulesOut(): void {
    if (this.#rulesOut) return;
    this.#check(monotonicNs());
    this.#rulesOut = true;
    this.#notes.push(...this.rules.close());
  }

  #close(): void {
    this.#records.close();
    this.rules.close();
  }

  /** Records bear the time of day: once somebody sets it, no record's place among other events is known. */
  #watchClock(): void {
    if (this.#clockSet || Math.abs(epochNs() - this.#epochNs) <= CLOCK_SET_NS) return;
    this.#clockSet = true;
    const after = ((monotonicNs() - this.originNs) / 1e9).toFixed(1);
    this.#notes.push(`the clock was set, noticed ${after} s after the start: the window ended there`);
    this.#takeRulesOut();
  }

  /** Others may switch auditing off (`auditctl -e 0`) or delete all rules (`-D`, a restart of auditd): then say so. */
  #check(now: number): void {
    this.#checked = now;
    if (this.#disturbed) return;
    const off = this.rules.status()?.enabled === 0;
    const key = ownKey(this.rules.switchedOn ? 0 : 1);
    const rules = this.#control.rules();
    const gone = rules !== null && rules.filter((rule) => rule.key === key).length < ruleAbis().length;
    if (!off && !gone) return;
    this.#disturbed = true;
    const what = off ? "auditing was switched off" : "the rules were deleted";
    const after = ((now - this.originNs) / 1e9).toFixed(1);
    this.#notes.push(`${what} by somebody else, noticed ${after} s after the start: later records are missing`);
  }

  /** Records bear the wall clock in ms; events count from the start of the window. */
  #pass(event: ProcessEvent): void {
    if (this.#clockSet) return;
    const origin = this.#reader.originEpochMs ?? 0;
    event.ts = Math.max(0, origin * 1e6 + event.ts - this.#epochNs - this.originNs);
    this.events++;
    this.#sink(event);
  }

  #account(ledger: SourceLedger): SourceLedger {
    const after = this.rules.status();
    this.#control.close();
    const { before } = this.rules;
    const byKernel = after === null ? null : Math.max(0, after.lost - before.lost);
    const problems = this.#records.problems();
    ledger.events = this.events;
    ledger.lost = this.#disturbed || problems.length > 0 ? null : byKernel;
    delete ledger.path;
    ledger.note = [
      ...this.#notes,
      ...problems,
      ...(byKernel === null || byKernel === 0 ? [] : [`the kernel says that ${byKernel} audit records were lost`]),
      ...waiting(before, after),
      ...this.#logins.sentences(),
    ].join("; ");
    if (ledger.note === "") delete ledger.note;
    return ledger;
  }
}

/** CLOCK_REALTIME at the zero of the monotonic clock, ns. The least of three: whoever is interrupted in between is late. */
function epochNs(): number {
  const look = (): number => -monotonicNs() + Date.now() * 1e6;
  return Math.min(look(), look(), look());
}

/** The price that the host paid: processes wait while more records queue than the limit allows. */
function waiting(before: AuditStatus, after: AuditStatus | null): string[] {
  if (after === null || after.waited === null || before.waited === null) return [];
  const ticks = after.waited - before.waited;
  if (ticks <= 0) return [];
  return [`processes waited ${ticks} clock ticks for room in the audit queue (backlog_limit ${before.backlogLimit})`];
}
