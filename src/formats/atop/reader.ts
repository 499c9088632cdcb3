import type { EventSink } from "../../model/events.ts";
import { emptyLedger } from "../../model/ledger.ts";
import { fromLatin1 } from "../text/latin1.ts";
import { Lines } from "../text/lines.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { AtopHost } from "./host.ts";
import { readHead, readProcess } from "./line.ts";
import { gapsOf, noTally, noteOf, tellsOf } from "./tells.ts";

/** Longer lines are not atop's: names, a command line of 255 bytes, a cgroup's path. */
const LONGEST = 8192;
const MOST_HOSTS = 64;

/** Reads what `atop -P` prints, line by line: processes by PRG and PRC, other labels are passed over. */
export class AtopReader implements FormatReader {
  readonly #sinkOf: SinkOf;
  readonly #ledger = emptyLedger("atop", null);
  readonly #tally = noTally();
  readonly #hosts = new Map<string, AtopHost>();
  readonly #lines: Lines;
  #events = 0;

  constructor(sinkOf: SinkOf) {
    this.#sinkOf = sinkOf;
    this.#lines = new Lines(this.#ledger, (bytes, from, to) => this.#line(bytes, from, to));
  }

  push(chunk: Uint8Array, file: string): void {
    this.#lines.push(chunk, file);
  }

  end(): StreamReading {
    this.#lines.end();
    const hosts = [...this.#hosts.values()];
    for (const host of hosts) host.endInterval();
    this.#ledger.events = this.#events;
    this.#ledger.note = noteOf(this.#tally);
    const [first] = hosts;
    return {
      ledger: this.#ledger,
      tells: tellsOf(this.#tally),
      originEpochMs: first === undefined ? null : first.first * 1000,
      seconds: hosts.reduce((longest, { clock }) => Math.max(longest, clock.now / 1e9), 0),
      hosts: [...this.#hosts.keys()].map(fromLatin1),
      stampNs: 1e9,
      gaps: gapsOf(this.#tally),
      remarks: [{ code: "atop.lines", args: { ...this.#lines.counts() } }],
    };
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    const text = Buffer.from(bytes.subarray(from, Math.min(to, from + LONGEST))).toString("latin1");
    if (text.trim() === "") {
      this.#lines.blank++;
      return;
    }
    if (isSeparator(text)) {
      for (const host of this.#hosts.values()) host.endInterval();
      this.#lines.parsed++;
      return;
    }
    const head = readHead(text);
    if (head === null) return this.#lines.skip("no line of atop -P", bytes, from, to);
    const { label } = head;
    if (label !== "PRG" && label !== "PRC") {
      this.#lines.parsed++;
      return;
    }
    const line = readProcess(label, text.slice(head.to));
    if (line === null) return this.#lines.skip(`no fields of ${label}`, bytes, from, to);
    let host = this.#hosts.get(head.host);
    if (host === undefined) {
      if (this.#hosts.size >= MOST_HOSTS) return this.#lines.skip("too many hosts", bytes, from, to);
      this.#hosts.set(head.host, (host = new AtopHost(head, this.#tally, this.#sink(head.host))));
    }
    this.#lines.parsed++;
    host.at(head);
    host.take(line);
  }

  #sink(name: string): EventSink {
    let sink: EventSink | null = null;
    return (event) => {
      this.#events++;
      sink ??= this.#sinkOf(fromLatin1(name));
      sink(event);
    };
  }
}

/** `SEP` behind each interval; `RESET` before one that counts since boot. */
export function isSeparator(text: string): boolean {
  return text === "SEP" || text === "RESET";
}
