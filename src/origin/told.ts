import type { CouldNotLook } from "../model/could-not-look.ts";
import { emptyLedger, skip, type SourceLedger } from "../model/ledger.ts";
import type { Untrusted } from "../model/text.ts";
import { isoMs } from "./iso.ts";
import type { OriginEvent, Sign } from "./result.ts";
import type { Question, Told } from "./types.ts";

/** So many events of one source are kept; those about the file and its package push others out. */
const MOST_EVENTS = 200;
/** Clocks of two hosts and a leap may differ; beyond that a record is of the future. */
const FUTURE_MS = 86_400_000;
/** A clock that goes back by more than summer time does. */
const BACKWARDS_MS = 2 * 3_600_000;

/** Where a record stands, and its beginning. */
export interface Place {
  file: Untrusted;
  /** `line 17`, `record 4`. */
  at: string;
  quote: Untrusted | null;
}

/** Gathers what one source tells, so that bounds, the future and the past are handled the same everywhere. */
export class Telling {
  readonly id: string;
  readonly files: Untrusted[] = [];
  readonly ledger: SourceLedger;
  readonly signs: Sign[] = [];
  readonly gaps: CouldNotLook[] = [];
  readonly #now: number;
  readonly #events: OriginEvent[] = [];
  #leftOut = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #future = 0;
  #backwards: { from: number; to: number; place: Place } | null = null;

  constructor(id: string, { now }: Pick<Question, "now">) {
    this.id = id;
    this.#now = now;
    this.ledger = emptyLedger(id, null);
  }

  /**
   * Notes a record's time. False for one of the future: it is counted, and is no evidence.
   * @param inOrder whether the source is only ever added to, so that a time before the last one's is a sign
   */
  record(ms: number, place: Place, inOrder: boolean): boolean {
    this.ledger.events++;
    if (!Number.isFinite(ms) || ms > this.#now + FUTURE_MS) {
      if (this.#future === 0) skip(this.ledger, locatorOf(place), "its time is in the future", place.quote ?? "");
      this.#future++;
      return false;
    }
    if (inOrder && ms < this.#last - BACKWARDS_MS) this.#backwards ??= { from: this.#last, to: ms, place };
    if (inOrder) this.#last = ms;
    if (ms < this.#from) this.#from = ms;
    if (ms > this.#to) this.#to = ms;
    return true;
  }

  /** Before the first record of another file of the same log. */
  nextFile(): void {
    this.#last = Number.NEGATIVE_INFINITY;
  }

  skip(place: Place, why: string): void {
    skip(this.ledger, locatorOf(place), why, place.quote ?? "");
  }

  event(
    ms: number | null,
    relation: OriginEvent["relation"],
    code: string,
    args: Record<string, unknown>,
    place: Place | null,
    until: number | null = null,
  ): void {
    const event: OriginEvent = {
      time: ms === null ? null : isoMs(ms),
      until: until === null ? null : isoMs(until),
      relation,
      code,
      args,
      source: this.id,
      evidence: place === null ? null : evidenceOf(this.id, place),
    };
    if (this.#events.length >= MOST_EVENTS) {
      this.#leftOut++;
      const least = relation === "around" ? -1 : this.#events.findIndex((one) => one.relation === "around");
      if (least === -1) return;
      this.#events.splice(least, 1);
    }
    this.#events.push(event);
  }

  gap(code: string, what: Untrusted, why: string, args?: Record<string, number>): void {
    this.gaps.push({ code, what, why, remedy: null, ...(args === undefined ? {} : { args }) });
  }

  end(): Told {
    if (this.#future > 0) {
      this.signs.push({
        code: "origin.records-of-the-future",
        args: { source: this.id, count: this.#future },
        weight: "weak",
        otherwise: "origin.otherwise.clock",
      });
    }
    const back = this.#backwards;
    if (back !== null) {
      this.signs.push({
        code: "origin.log-goes-back",
        args: { file: back.place.file, at: back.place.at, from: isoMs(back.from), to: isoMs(back.to) },
        weight: "medium",
        otherwise: "origin.otherwise.clock",
      });
    }
    const { files, ledger, signs, gaps } = this;
    const span = this.#from > this.#to ? null : { from: this.#from, to: this.#to };
    return { files, ledger, signs, gaps, span, events: this.#events, leftOut: this.#leftOut };
  }
}

function locatorOf({ file, at }: Place): string {
  return `${file}, ${at}`;
}

const QUOTE = 300;

function evidenceOf(source: string, place: Place): NonNullable<OriginEvent["evidence"]> {
  const evidence = { source, locator: locatorOf(place) };
  return place.quote === null ? evidence : { ...evidence, quote: place.quote.slice(0, QUOTE) };
}
