import { fromBytes, type Untrusted } from "../../model/text.ts";
import { parseStats, type KernelLosses } from "../cpu-stats.ts";
import { parseEventFormat, type EventFormat } from "../event-format.ts";
import { parseHeaderPage, type PageLayout } from "../header-page.ts";
import { DamagedTrace, inMemory, Cursor } from "./cursor.ts";
import { Option } from "./layout.ts";

/** Where the pages of one CPU stand in the file; bytes. */
export interface CpuData {
  cpu: number;
  at: number;
  size: number;
}

/** One trace instance's pages. */
export interface TraceBuffer {
  /** "" for the top instance. Untrusted. */
  name: Untrusted;
  /** The clock of its time stamps, where the file tells it for this buffer. */
  clock: string | null;
  cpus: CpuData[];
  /** Its pages are packed chunk by chunk (version 7). */
  packed: boolean;
}

/** What a trace.dat says about the trace it holds. Built up while its header is read, so it may be there in part only. */
export class Description {
  version: 6 | 7 = 6;
  /** `none`, `zlib`, `zstd` or another name. Untrusted. */
  compression = "none";
  layout: PageLayout | null = null;
  /** Formats of all events that it may hold. */
  readonly formats = new Map<string, EventFormat>();
  /** Ids of the events of the system `ftrace`: text output, function calls. */
  readonly ownEvents = new Set<number>();
  /** Names of tasks by number, as they were at the end. */
  readonly commands = new Map<number, Untrusted>();
  readonly buffers: TraceBuffer[] = [];
  /** Losses by CPU according to the kernel; of several instances only the last one's. */
  readonly losses: KernelLosses[] = [];
  /** The clock in brackets: `local [mono] …`. */
  clock: string | null = null;
  /** Nanoseconds to add to a time stamp to get those since 1970. */
  dateNs: bigint | null = null;
  tscToNs: { multiplier: number; shift: number } | null = null;
  uname: Untrusted | null = null;
  /** Who wrote it. Untrusted. */
  writer: Untrusted | null = null;

  /** `header_page`, `header_event`: only the first is needed. */
  headerInfo(cursor: Cursor): void {
    expectText(cursor, "header_page\0");
    this.layout = parseHeaderPage(cursor.text(cursor.u64()));
    expectText(cursor, "header_event\0");
    cursor.take(cursor.u64());
  }

  ftraceEvents(cursor: Cursor): void {
    for (let left = cursor.u32(); left > 0; left--) {
      const format = parseEventFormat(cursor.text(cursor.u64()));
      if (format !== null) this.ownEvents.add(format.id);
    }
  }

  eventFormats(cursor: Cursor): void {
    for (let systems = cursor.u32(); systems > 0; systems--) {
      cursor.string();
      for (let events = cursor.u32(); events > 0; events--) {
        const format = parseEventFormat(cursor.text(cursor.u64()));
        if (format !== null) this.formats.set(format.name, format);
      }
    }
  }

  /** `saved_cmdlines`: lines of number and name. */
  cmdlines(cursor: Cursor): void {
    for (const line of fromBytes(cursor.take(cursor.u64())).split("\n", 65_536)) {
      const parts = /^(\d{1,7}) (.+)$/s.exec(line);
      if (parts !== null) this.commands.set(Number(parts[1]), parts[2] as string);
    }
  }

  /** Takes an option that means the same in both versions; @returns false when it is another one. */
  option(kind: number, data: Uint8Array): boolean {
    const text = (): Untrusted => fromBytes(data).replace(/\0[^]*$/, "");
    switch (kind) {
      case Option.date:
        this.dateNs = wholeNumber(text(), 1000n) ?? this.dateNs;
        return true;
      case Option.cpuStat:
        this.losses.push(parseStats(text()));
        return true;
      case Option.traceClock:
        this.clock = /\[([\w-]+)\]/.exec(text())?.[1] ?? this.clock;
        return true;
      case Option.uname:
        this.uname = text();
        return true;
      case Option.version:
        this.writer = text();
        return true;
      case Option.tscToNs: {
        const cursor = new Cursor(inMemory(data), 0);
        this.tscToNs = { multiplier: cursor.u32(), shift: cursor.u32() };
        return true;
      }
      default:
        return false;
    }
  }
}

function expectText(cursor: Cursor, text: string): void {
  const at = cursor.at;
  if (cursor.text(text.length) !== text)
    throw new DamagedTrace(`there is no ${text.slice(0, -1)} where it should be`, at);
}

function wholeNumber(text: string, times: bigint): bigint | null {
  const parts = /^(-?)(0x[\da-f]{1,16}|\d{1,19})$/i.exec(text.trim());
  if (parts === null) return null;
  const value = BigInt(parts[2] as string) * times;
  return parts[1] === "-" ? -value : value;
}
