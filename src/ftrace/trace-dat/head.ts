import { randomBytes } from "node:crypto";
import { toBytes, type Untrusted } from "../../model/text.ts";
import { MAGIC, Marker, Option } from "./layout.ts";

/** What raw pages need beside them to be understood elsewhere: texts as tracefs gives them. */
export interface TraceDescription {
  /** `events/header_page` and `events/header_event`. */
  headerPage: string;
  headerEvent: string;
  /** Format files of the events that were on, by system (`sched`). */
  events: { system: string; format: string }[];
  /** Name of the trace clock: `mono`. */
  clock: string;
  /** Bytes of a page. */
  pageSize: number;
}

/** Everything that stands before the pages. */
export interface TraceFacts extends TraceDescription {
  /** Names of tasks by number. */
  commands: Iterable<readonly [pid: number, comm: Untrusted]>;
  /** What to add to a time stamp to get the wall clock, microseconds since 1970. */
  epochOffsetUs: bigint;
  /** sysname, host name, release, machine. */
  uname: Untrusted;
  /** Program and version. */
  writer: string;
  /** Content of per_cpu/cpuN/stats by CPU. */
  stats: ReadonlyMap<number, string>;
  /** Bytes of pages of each CPU, in the order in which they follow the head; empty ones too. */
  sizes: readonly number[];
}

/**
 * The beginning of a version 6 trace.dat (trace-cmd.dat.v6(5)), up to where the pages of CPU 0 begin, those of CPU 1 after
 * them, and so on. Little-endian, 64-bit; not packed: every trace-cmd since 2.0 reads it.
 */
export function traceDatHead(facts: TraceFacts): Buffer {
  const out = new Pieces();
  out.bytes(MAGIC);
  out.bytes(Buffer.from("6\0", "latin1"));
  out.bytes(Buffer.from([0, 8]));
  out.u32(facts.pageSize);
  out.text("header_page\0");
  out.sized(facts.headerPage);
  out.text("header_event\0");
  out.sized(facts.headerEvent);
  // No events of the system ftrace: function calls and text are not recorded.
  out.u32(0);
  events(out, facts.events);
  // Neither addresses of kernel functions nor formats of trace_printk: no event here refers to them.
  out.u32(0);
  out.u32(0);
  const commands = Buffer.concat([...facts.commands].map(([pid, comm]) => commandLine(pid, comm)));
  out.u64(BigInt(commands.length));
  out.bytes(commands);
  out.u32(facts.sizes.length);
  out.text(Marker.options);
  options(out, facts);
  out.text(Marker.flyrecord);
  const table = facts.sizes.length * 16;
  let at = aligned(out.length + table, facts.pageSize);
  const padding = at - out.length - table;
  for (const size of facts.sizes) {
    out.u64(BigInt(at));
    out.u64(BigInt(size));
    at += size;
  }
  out.bytes(Buffer.alloc(padding));
  return out.joined();
}

function events(out: Pieces, formats: TraceDescription["events"]): void {
  const systems = new Map<string, string[]>();
  for (const { system, format } of formats) systems.set(system, [...(systems.get(system) ?? []), format]);
  out.u32(systems.size);
  for (const [system, texts] of systems) {
    out.text(`${system}\0`);
    out.u32(texts.length);
    for (const text of texts) out.sized(text);
  }
}

/** A line of saved_cmdlines. A name may hold anything but NUL; a line end in it would begin another line. */
function commandLine(pid: number, comm: Untrusted): Buffer {
  const name = Buffer.from(toBytes(comm)).map((byte) => (byte === 10 || byte === 13 ? 63 : byte));
  return Buffer.concat([Buffer.from(`${pid} `), name, Buffer.from("\n")]);
}

function options(out: Pieces, facts: TraceFacts): void {
  const option = (kind: number, data: Uint8Array): void => {
    out.u16(kind);
    out.u32(data.length);
    out.bytes(data);
  };
  const text = (kind: number, value: string): void => option(kind, Buffer.from(`${value}\0`, "latin1"));
  text(Option.date, `0x${facts.epochOffsetUs.toString(16)}`);
  for (const [cpu, stats] of facts.stats) text(Option.cpuStat, `CPU: ${cpu}\n${stats}`);
  text(Option.traceClock, `[${facts.clock}]`);
  option(Option.uname, Buffer.concat([toBytes(facts.uname), Buffer.from([0])]));
  const cpus = Buffer.alloc(4);
  cpus.writeUInt32LE(facts.sizes.length);
  option(Option.cpuCount, cpus);
  text(Option.version, facts.writer);
  option(Option.traceId, randomBytes(8));
  out.u16(Option.done);
}

function aligned(bytes: number, size: number): number {
  return Math.ceil(bytes / size) * size;
}

class Pieces {
  length = 0;
  readonly #pieces: Uint8Array[] = [];

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  text(text: string): void {
    this.bytes(Buffer.from(text, "latin1"));
  }

  /** A text after its length in 64 bits. */
  sized(text: string): void {
    this.u64(BigInt(text.length));
    this.text(text);
  }

  u16(value: number): void {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    this.bytes(bytes);
  }

  u32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.bytes(bytes);
  }

  u64(value: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    this.bytes(bytes);
  }

  joined(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
