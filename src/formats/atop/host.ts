import type { EventSink, ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";
import { fromLatin1 } from "../text/latin1.ts";
import { PrintedClock } from "../text/printed-clock.ts";
import type { Head, ProcessLine } from "./line.ts";
import type { Tally } from "./tells.ts";

/** Ends of one interval that are put into the order of their times; more are handed on as they come. */
const MOST_ENDS = 65_536;
const MOST_NAMES = 65_536;
/** btime and the ends of intervals are whole seconds, ns. */
const TICK = 1e9;

interface Known {
  comm: Untrusted;
  ppid: number;
}

/** What atop tells of one host: the living by their parents' sake, and those that ended within an interval. */
export class AtopHost {
  readonly clock = new PrintedClock();
  /** End of the first interval, s since 1970. */
  readonly first: number;
  readonly #tally: Tally;
  readonly #pass: EventSink;
  readonly #names = new Map<number, Known>();
  #epoch: number;
  #interval = 0;
  #ends: { line: ProcessLine; at: number }[] = [];
  /** Ends of the interval as lines PRC tell them: used where there is no PRG. */
  #endsOfPrc: ProcessLine[] = [];
  #hasPrg = false;

  constructor(head: Head, tally: Tally, pass: EventSink) {
    this.first = this.#epoch = head.epoch;
    this.#interval = head.interval;
    this.#tally = tally;
    this.#pass = pass;
    this.clock.since(head.epoch * 1e9, TICK);
  }

  /** A line with another time begins another interval. */
  at(head: Head): void {
    if (head.epoch === this.#epoch) return;
    this.endInterval();
    this.#epoch = head.epoch;
    this.#interval = head.interval;
  }

  take(line: ProcessLine): void {
    const tally = this.#tally;
    if (line.label === "PRG") {
      this.#hasPrg = true;
      tally.general++;
    } else tally.cpu++;
    if (!line.isProcess || line.pid <= 0) return;
    if (line.state !== "E") {
      if (line.label === "PRG") this.#lives(line);
      return;
    }
    if (line.label === "PRC") {
      tally.ticks += line.ticks;
      if (line.ticks === 0) tally.withoutTicks++;
      tally.counted++;
      if (!this.#hasPrg && this.#endsOfPrc.length < MOST_ENDS) this.#endsOfPrc.push(line);
      return;
    }
    this.#ends.push({ line, at: this.#endOf(line) });
    if (this.#ends.length >= MOST_ENDS) this.#tellEnds();
  }

  /** Tells of those that ended in the interval, in the order of their ends. */
  endInterval(): void {
    if (!this.#hasPrg) this.#ends = this.#endsOfPrc.map((line) => ({ line, at: this.#epoch }));
    this.#tellEnds();
    this.#endsOfPrc = [];
    this.#hasPrg = false;
  }

  /** Seconds since 1970: when it began and how long it lived are told, to the second; it ended within the interval. */
  #endOf({ begun, lived, hertz }: ProcessLine): number {
    const latest = this.#epoch;
    return Math.min(latest, Math.max(latest - this.#interval, begun + lived / hertz));
  }

  #tellEnds(): void {
    // Parents that end in the same interval are named by their own lines.
    for (const { line } of this.#ends) this.#remember(line.pid, { comm: fromLatin1(line.name), ppid: line.ppid });
    for (const { line, at } of this.#ends.sort((a, b) => a.at - b.at)) this.#ended(line, at);
    for (const { line } of this.#ends) this.#names.delete(line.pid);
    this.#ends = [];
  }

  #ended(line: ProcessLine, at: number): void {
    const { pid, ppid, exitCode, label } = line;
    this.clock.since(at * 1e9, TICK);
    const ts = this.clock.now;
    const isTold = label === "PRG";
    const signal = isTold && exitCode > 256 ? exitCode - 256 : null;
    const code = isTold && signal === null ? exitCode & 0xff : null;
    this.#tally.ends++;
    if (isTold) this.#tally.statuses++;
    this.#pass({ type: "exit", ts, pid, comm: fromLatin1(line.name), code, signal, thread: false });
    if (ppid <= 0) return;
    this.#tally.reaped++;
    const reaperComm = this.#names.get(ppid)?.comm ?? "";
    this.#pass({ type: "child-signal", ts, pid, reaper: ppid, reaperComm, code: signal === null ? 1 : 2 });
  }

  #lives({ pid, ppid, name }: ProcessLine): void {
    const comm = fromLatin1(name);
    const known = this.#names.get(pid);
    if (known?.comm === comm && known.ppid === ppid) return;
    this.#remember(pid, { comm, ppid });
    const event: ProcessEvent = {
      type: "seen",
      ts: this.clock.now,
      pid,
      ppid: ppid > 0 ? ppid : null,
      comm,
      exe: null,
      abi: null,
    };
    this.#pass(event);
  }

  #remember(pid: number, known: Known): void {
    this.#names.delete(pid);
    if (this.#names.size >= MOST_NAMES) this.#names.delete(this.#names.keys().next().value as number);
    this.#names.set(pid, known);
  }
}
