import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { SinkOf } from "../types.ts";
import { ByteInterner } from "../text/byte-interner.ts";
import { KnownProcesses } from "./known-processes.ts";
import { OpenExecs, SharedByExecs } from "./open-execs.ts";
import { OtherRecords } from "./other-records.ts";
import { ProcessEvents } from "./process-events.ts";
import { SerialNumbers } from "./serial-numbers.ts";
import type { Tally } from "./tally.ts";
import { TimeOrder } from "./time-order.ts";

/** One host whose records are in the stream. PIDs, serials and times of different hosts have nothing to do with each other. */
export class Host {
  /** `node=`, or null for records without one. */
  readonly name: Untrusted | null;
  readonly serials = new SerialNumbers();
  readonly order: TimeOrder;
  readonly events: ProcessEvents;
  readonly execs: OpenExecs;
  readonly others: OtherRecords;
  /** ms since 1970 of its first record (NaN: none yet) and of its latest. */
  firstMs = Number.NaN;
  lastMs = Number.NEGATIVE_INFINITY;

  constructor(name: Untrusted | null, sinkOf: SinkOf, shared: SharedByExecs, tally: Tally, where: () => string) {
    const processes = new KnownProcesses();
    this.name = name;
    this.order = new TimeOrder(() => sinkOf(name));
    this.events = new ProcessEvents(this.order, processes, tally, where);
    this.execs = new OpenExecs(this.events, this.serials, shared, tally, where);
    this.others = new OtherRecords(this.events, processes, this.order, tally, where);
  }

  /** Notes the time of a record of any kind. */
  noteTime(ms: number): void {
    if (ms > this.lastMs) this.lastMs = ms;
    if (Number.isNaN(this.firstMs)) this.order.begin((this.firstMs = ms));
  }

  /** No more records: hands on all that is held. */
  end(): void {
    this.execs.end();
    this.order.flush();
  }
}

/** More names than this share one host: a log with so many is not about one host's storm. */
const MOST = 64;

/** The hosts of a stream. */
export class Hosts {
  readonly #byName = new Map<Untrusted, Host>();
  readonly #names = new ByteInterner((bytes, from, to) =>
    this.#get(fromBytes(bytes.subarray(from, Math.min(to, from + 256)))),
  );
  readonly #create: (name: Untrusted | null) => Host;
  /** For records that name no host. */
  readonly unnamed: Host;

  constructor(sinkOf: SinkOf, tally: Tally, where: () => string) {
    const shared = new SharedByExecs();
    this.#create = (name) => new Host(name, sinkOf, shared, tally, where);
    this.unnamed = this.#create(null);
  }

  named(bytes: Uint8Array, from: number, to: number): Host {
    return this.#names.get(bytes, from, to);
  }

  #get(name: Untrusted): Host {
    let host = this.#byName.get(name);
    if (host === undefined) {
      if (this.#byName.size >= MOST) return this.#byName.values().next().value as Host;
      host = this.#create(name);
      this.#byName.set(name, host);
    }
    return host;
  }

  get names(): Untrusted[] {
    return [...this.#byName.keys()];
  }

  /** All hosts whose records came. */
  all(): Host[] {
    return [this.unnamed, ...this.#byName.values()].filter((host) => !Number.isNaN(host.firstMs));
  }
}
