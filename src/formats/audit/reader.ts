import { emptyLedger } from "../../model/ledger.ts";
import type { FormatReader, SinkOf, StreamReading } from "../types.ts";
import { ACTION } from "../../syscalls/abi.ts";
import { ascii, matches, SPACE } from "../text/bytes.ts";
import { Hosts, type Host } from "./host.ts";
import { Lines } from "../text/lines.ts";
import { lossOf } from "./loss-lines.ts";
import { findRecord, newHeader, readStamp } from "./record-header.ts";
import { typeName } from "./record-types.ts";
import { remarksOf } from "./remarks.ts";
import { SyscallReader } from "./syscall-record.ts";
import { note, Tally } from "./tally.ts";
import { tellsOf } from "./tells.ts";
import { translated } from "./translated.ts";
import { whyNoRecord } from "./why-no-record.ts";

const NODE = ascii("node=");
const BOM = ascii("\u00ef\u00bb\u00bf");

/** Reads one stream of audit records; see `auditFormat` for what it understands. */
export class AuditReader implements FormatReader {
  readonly #header = newHeader();
  readonly #syscalls = new SyscallReader();
  readonly #hosts: Hosts;
  readonly #tally = new Tally();
  readonly #ledger = emptyLedger("audit", null);
  readonly #lines: Lines;
  /** The line as it stands in the file, while a translation of it is read. */
  #original: [Uint8Array, number, number] | null = null;

  constructor(sinkOf: SinkOf) {
    this.#hosts = new Hosts(sinkOf, this.#tally, () => this.#lines.where());
    this.#lines = new Lines(this.#ledger, (bytes, from, to) => this.#line(bytes, from, to));
  }

  push(chunk: Uint8Array, file: string): void {
    this.#lines.push(chunk, file);
  }

  /**
   * Hands on what is older than this, ms since 1970. For records that are read while they are made: without it an event
   * waits until 256 others have come.
   */
  handOn(untilMs: number): void {
    for (const host of this.#hosts.all()) host.order.handOn(untilMs);
  }

  /** Wall clock of event time 0, ms since 1970; null before the first record. */
  get originEpochMs(): number | null {
    const hosts = this.#hosts.all();
    return hosts.length === 0 ? null : Math.min(...hosts.map((host) => host.firstMs));
  }

  end(): StreamReading {
    this.#lines.end();
    const hosts = this.#hosts.all();
    for (const host of hosts) host.end();
    const tally = this.#tally;
    this.#ledger.events = hosts.reduce((sum, host) => sum + host.order.count, 0);
    this.#ledger.lost = tally.lost;
    this.#ledger.note = this.#completeness();
    return {
      ledger: this.#ledger,
      tells: tellsOf(tally),
      originEpochMs: this.originEpochMs,
      seconds: Math.max(0, ...hosts.map((host) => host.lastMs - host.firstMs)) / 1000,
      hosts: this.#hosts.names,
      remarks: remarksOf(tally, this.#lines.counts(), this.#hosts),
    };
  }

  #completeness(): string {
    const { lost, lossLines } = this.#tally;
    if (lost !== null) return `the kernel says that ${lost} audit records were lost`;
    if (lossLines.count > 0) return "the kernel says that audit records were lost, not how many";
    return "the log does not say whether audit records were lost";
  }

  #skip(why: string, bytes: Uint8Array, from: number, to: number): void {
    if (this.#original !== null) [bytes, from, to] = this.#original;
    this.#lines.skip(why, bytes, from, to);
  }

  /** One line [from, to) without its end; the byte after it is below 0x21. */
  #line(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    let host = this.#hosts.unnamed;
    if (bytes[at] === 0x6e && matches(bytes, at, NODE)) {
      const nameAt = at + NODE.length;
      at = nameAt;
      while ((bytes[at] as number) > SPACE) at++;
      if (at === nameAt || at >= to) return this.#exactly(bytes, from, to);
      host = this.#hosts.named(bytes, nameAt, at);
      at++;
    }
    if (
      bytes[at] !== 0x74 ||
      bytes[at + 1] !== 0x79 ||
      bytes[at + 2] !== 0x70 ||
      bytes[at + 3] !== 0x65 ||
      bytes[at + 4] !== 0x3d
    )
      return this.#exactly(bytes, from, to);
    at += 5;
    // Few bytes tell the usual types apart; `msg=audit(` is sure when its `=` and `(` and a stamp stand in their places.
    switch (bytes[at]) {
      case 0x53: // SYSCALL
        if (bytes[at + 1] !== 0x59 || bytes[at + 6] !== 0x4c || !this.#begins(bytes, at + 7, to)) break;
        if (!this.#syscalls.readQuickly(bytes, this.#header.body, to)) break;
        this.#stamp(host);
        return this.#syscall(host);
      case 0x50: // PATH, PROCTITLE
        if (bytes[at + 1] === 0x41) {
          if (bytes[at + 3] !== 0x48 || !this.#begins(bytes, at + 4, to)) break;
          this.#stamp(host);
          return host.execs.path(this.#header.ms, this.#header.serial, bytes, this.#header.body, to);
        }
        if (bytes[at + 4] !== 0x54 || bytes[at + 8] !== 0x45 || !this.#begins(bytes, at + 9, to)) break;
        this.#stamp(host);
        return host.execs.last(this.#header.ms, this.#header.serial, bytes, this.#header.body, to);
      case 0x43: // CWD
        if (bytes[at + 1] !== 0x57 || bytes[at + 2] !== 0x44 || !this.#begins(bytes, at + 3, to)) break;
        return this.#stamp(host);
      case 0x45: // EXECVE
        if (bytes[at + 1] !== 0x58 || bytes[at + 4] !== 0x56 || !this.#begins(bytes, at + 6, to)) break;
        this.#stamp(host);
        return host.execs.execve(this.#header.ms, this.#header.serial, bytes, this.#header.body, to);
      case 0x42: // BPRM_FCAPS
        if (bytes[at + 4] !== 0x5f || bytes[at + 9] !== 0x53 || !this.#begins(bytes, at + 10, to)) break;
        return this.#stamp(host);
      default:
    }
    this.#exactly(bytes, from, to);
  }

  /** Reads ` msg=audit(STAMP): ` at `at`; five of its letters are looked at. */
  #begins(bytes: Uint8Array, at: number, to: number): boolean {
    const says =
      bytes[at] === SPACE &&
      bytes[at + 1] === 0x6d &&
      bytes[at + 4] === 0x3d &&
      bytes[at + 5] === 0x61 &&
      bytes[at + 10] === 0x28;
    return says && readStamp(bytes, at + 11, this.#header) && this.#header.body <= to;
  }

  /** Counts a record whose header has been read. */
  #stamp(host: Host): void {
    const header = this.#header;
    this.#lines.parsed++;
    host.noteTime(header.ms);
    host.serials.note(header.serial, header.ms);
  }

  #syscall(host: Host): void {
    const record = this.#syscalls.record;
    const { ms, serial } = this.#header;
    this.#tally.syscalls++;
    host.execs.passSyscall();
    host.serials.noteSyscall(serial, ms);
    if (record.number < 1024 && record.arch.actions[record.number] === ACTION.exec)
      host.execs.begin(record, ms, serial);
    else host.events.syscall(record, ms, serial);
  }

  /** Every line that is not of the usual shape. */
  #exactly(bytes: Uint8Array, from: number, to: number, isTranslated = false): void {
    let start = from;
    while (start < to && ((bytes[start] as number) <= SPACE || matches(bytes, start, BOM)))
      start += matches(bytes, start, BOM) ? BOM.length : 1;
    if (start === to || bytes[start] === 0x23) {
      if (to > from && start === to && bytes.subarray(from, to).includes(0))
        return this.#skip("only NUL bytes", bytes, from, to);
      this.#lines.blank++;
      return;
    }
    const found = findRecord(bytes, start, to, this.#header);
    if (found === null) return this.#noRecord(bytes, start, to, isTranslated);
    const host = found.node === null ? this.#hosts.unnamed : this.#hosts.named(bytes, found.node.from, found.node.to);
    const type = typeName(found.type);
    const { ms, serial, body } = this.#header;
    if (type === "SYSCALL" && !this.#syscalls.readQuickly(bytes, body, to)) {
      const wrong = this.#syscalls.readExactly(bytes, body, to);
      if (wrong !== null) return this.#skip(wrong, bytes, start, to);
    }
    if (type.startsWith("DAEMON_")) {
      // auditd counts its own records with serials of its own.
      this.#lines.parsed++;
      host.noteTime(ms);
      return;
    }
    this.#stamp(host);
    if (type === "SYSCALL") return this.#syscall(host);
    if (type === "EXECVE") return host.execs.execve(ms, serial, bytes, body, to);
    if (type === "PATH") return host.execs.path(ms, serial, bytes, body, to);
    if (type === "PROCTITLE" || type === "EOE") return host.execs.last(ms, serial, bytes, body, to);
    host.others.take(type, ms, serial, bytes, body, to);
  }

  #noRecord(bytes: Uint8Array, from: number, to: number, isTranslated: boolean): void {
    const loss = lossOf(bytes, from, to);
    if (loss !== null) {
      this.#lines.parsed++;
      note(this.#tally.lossLines, () => this.#lines.where());
      if (loss.lost !== null) this.#tally.lost = Math.max(this.#tally.lost ?? 0, loss.lost);
      return;
    }
    const other = isTranslated ? null : translated(bytes, from, to);
    if (other === "separator") {
      this.#lines.blank++;
      return;
    }
    if (other === null) return this.#skip(whyNoRecord(bytes, from, to), bytes, from, to);
    const line = Buffer.from(`${other.line}\n`, "latin1");
    this.#original = [bytes, from, to];
    this.#exactly(line, 0, line.length - 1, true);
    this.#original = null;
  }
}
