import { deflateSync } from "node:zlib";
import { traceDatHead, type TraceFacts } from "../../src/ftrace/trace-dat/head.ts";
import { EXEC, EXIT, EXIT_GROUP, FORK_6, GENERATE, NEWTASK } from "../unit/capture/format-samples.ts";
import { PageEncoder, LAYOUT_64 } from "../unit/capture/page-encoder.ts";

export const HEADER_PAGE =
  "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n" +
  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

const EVENTS = [
  { system: "task", format: NEWTASK },
  { system: "sched", format: FORK_6 },
  { system: "sched", format: EXEC },
  { system: "sched", format: EXIT },
  { system: "syscalls", format: EXIT_GROUP },
  { system: "signal", format: GENERATE },
];

/** Facts of a file with these pages; a list of pages for each CPU. */
export function factsOf(cpus: readonly (readonly Uint8Array[])[], change: Partial<TraceFacts> = {}): TraceFacts {
  return {
    headerPage: HEADER_PAGE,
    headerEvent: "# compressed entry header\n",
    events: EVENTS,
    clock: "mono",
    pageSize: LAYOUT_64.pageSize,
    commands: [
      [1, "init"],
      [700, "two\nlines"],
    ],
    epochOffsetUs: 1_700_000_000_000_000n,
    uname: "Linux web1 6.18.0 x86_64",
    writer: "whoforks 0.1.0",
    stats: new Map(),
    sizes: cpus.map((pages) => pages.length * LAYOUT_64.pageSize),
    ...change,
  };
}

/** A version 6 file. */
export function versionSix(cpus: readonly (readonly Uint8Array[])[], change: Partial<TraceFacts> = {}): Buffer {
  return Buffer.concat([traceDatHead(factsOf(cpus, change)), ...cpus.flat()]);
}

/** A version 7 file as trace-cmd.dat.v7(5) lays it out, each chunk two pages; written from that page, not from the reader. */
export function versionSeven(cpus: readonly (readonly Uint8Array[])[], compression: "none" | "zlib"): Buffer {
  const facts = factsOf(cpus);
  const packed = compression === "zlib";
  const pack = (bytes: Buffer): Buffer => (packed ? deflateSync(bytes) : bytes);
  const name = Buffer.from(`${compression}\0${packed ? "1.2.13" : ""}\0`);
  const first = Buffer.concat([Buffer.from("\x17\x08Dtracing7\0\0\x08", "latin1"), u32(4096), name, u64(0)]);
  const pieces: Buffer[] = [first];
  let at = first.length;
  const put = (bytes: Buffer): number => {
    pieces.push(bytes);
    at += bytes.length;
    return at - bytes.length;
  };
  const section = (kind: number, content: Buffer): number => {
    const body = packed ? Buffer.concat([u32(pack(content).length), u32(content.length), pack(content)]) : content;
    return put(Buffer.concat([u16(kind), u16(packed ? 1 : 0), u32(0), u64(body.length), body]));
  };
  const sized = (text: string): Buffer => Buffer.concat([u64(text.length), Buffer.from(text, "latin1")]);
  const info = section(
    16,
    Buffer.concat([Buffer.from("header_page\0"), sized(HEADER_PAGE), Buffer.from("header_event\0"), sized("")]),
  );
  const own = section(17, u32(0));
  const formats = section(
    18,
    Buffer.concat([
      u32(EVENTS.length),
      ...EVENTS.map(({ system, format }) => Buffer.concat([Buffer.from(`${system}\0`), u32(1), sized(format)])),
    ]),
  );
  const names = section(21, sized("1 init\n"));
  const dataHead = put(Buffer.concat([u16(3), u16(packed ? 1 : 0), u32(0), u64(0)]));
  const table = cpus.map((pages, cpu) => {
    const bytes = Buffer.concat([...pages]);
    const chunks: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += 8192) {
      const chunk = bytes.subarray(from, from + 8192);
      chunks.push(Buffer.concat([u32(pack(chunk).length), u32(chunk.length), pack(chunk)]));
    }
    const stored = packed ? Buffer.concat([u32(chunks.length), ...chunks]) : bytes;
    const place = put(stored);
    return Buffer.concat([u32(cpu), u64(place), u64(pages.length === 0 ? 0 : stored.length)]);
  });
  const option = (kind: number, data: Buffer): Buffer => Buffer.concat([u16(kind), u32(data.length), data]);
  const buffer = Buffer.concat([u64(dataHead), Buffer.from("\0mono\0"), u32(4096), u32(cpus.length), ...table]);
  const options = Buffer.concat([
    option(5, Buffer.from(`${facts.uname}\0`)),
    option(1, Buffer.from(`0x${facts.epochOffsetUs.toString(16)}\0`)),
    option(16, u64(info)),
    option(17, u64(own)),
    option(18, u64(formats)),
    option(21, u64(names)),
    option(3, buffer),
    option(0, u64(0)),
  ]);
  const start = section(0, options);
  const file = Buffer.concat(pieces);
  file.writeBigUInt64LE(BigInt(start), first.length - 8);
  return file;
}

/** Pages of a chain of `count` processes that fork the next and exit, spread over two CPUs; `each` records a page. */
export function chainPages(count: number, each = 40): Uint8Array[][] {
  const cpus: { pages: Uint8Array[]; page: PageEncoder | null; records: number; last: bigint }[] = [0, 1].map(() => ({
    pages: [],
    page: null,
    records: 0,
    last: 0n,
  }));
  const put = (cpu: number, ts: bigint, payload: Uint8Array): void => {
    const to = cpus[cpu];
    if (to === undefined) return;
    if (to.page === null) {
      to.page = new PageEncoder(LAYOUT_64, ts);
      to.last = ts;
    }
    const gap = ts - to.last;
    if (gap > 0x7ff_ffffn) to.page.timeExtend(gap);
    to.page.large(gap > 0x7ff_ffffn ? 0 : Number(gap), payload);
    to.last = ts;
    if (++to.records % each === 0) {
      to.pages.push(to.page.end());
      to.page = null;
    }
  };
  let ts = 5_000_000_000_000n;
  for (let i = 0; i < count; i++) {
    const [parent, child] = [1000 + i, 1001 + i];
    const cpu = i % 2;
    put(cpu, (ts += 50_000n), newTask(parent, child));
    put(cpu, (ts += 1000n), forked(parent, child));
    put(cpu, (ts += 1000n), exitGroup(parent, i % 3));
    put(cpu, (ts += 1000n), exited(parent));
    put(cpu, (ts += 1000n), childSignal(parent, 1));
  }
  for (const to of cpus) if (to.page !== null) to.pages.push(to.page.end());
  return cpus.map((to) => to.pages);
}

function payload(id: number, pid: number, length: number): { bytes: Buffer; view: Buffer } {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(id, 0);
  bytes.writeInt32LE(pid, 4);
  return { bytes, view: bytes };
}

function newTask(parent: number, child: number): Uint8Array {
  const { bytes } = payload(205, parent, 44);
  bytes.writeInt32LE(child, 8);
  bytes.write("atd\0", 12);
  return bytes;
}

/** sched_process_fork of the same fork: `__data_loc` names, both behind the fixed fields. */
function forked(parent: number, child: number): Uint8Array {
  const { bytes } = payload(366, parent, 32);
  bytes.writeUInt32LE((4 << 16) | 24, 8);
  bytes.writeInt32LE(parent, 12);
  bytes.writeUInt32LE((4 << 16) | 28, 16);
  bytes.writeInt32LE(child, 20);
  bytes.write("atd\0atd\0", 24);
  return bytes;
}

function exitGroup(pid: number, code: number): Uint8Array {
  const { bytes } = payload(216, pid, 24);
  bytes.writeInt32LE(231, 8);
  bytes.writeInt32LE(code, 16);
  return bytes;
}

function exited(pid: number): Uint8Array {
  const { bytes } = payload(369, pid, 36);
  bytes.write("atd\0", 8);
  bytes.writeInt32LE(pid, 24);
  bytes.writeUInt8(1, 32);
  return bytes;
}

function childSignal(sender: number, receiver: number): Uint8Array {
  const { bytes } = payload(261, sender, 48);
  bytes.writeInt32LE(17, 8);
  bytes.writeInt32LE(1, 16);
  bytes.write("init\0", 20);
  bytes.writeInt32LE(receiver, 36);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
