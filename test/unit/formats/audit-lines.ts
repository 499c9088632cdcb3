import { readFileSync } from "node:fs";
import type { ExecEvent, ProcessEvent } from "../../../src/model/events.ts";
import type { StreamReading } from "../../../src/formats/types.ts";
import { auditFormat } from "../../../src/formats/audit/index.ts";

export const SAMPLE = readFileSync(new URL("../../fixtures/audit/storm-by-32-bit-and-more.log", import.meta.url));

export interface Read {
  events: ProcessEvent[];
  /** The same by host. */
  hosts: Map<string | null, ProcessEvent[]>;
  reading: StreamReading;
  lines: { read: number; parsed: number; skipped: number; blank: number };
}

/** Reads text or bytes as one audit stream, cut into pieces of `size` bytes. */
export function readAudit(input: string | Uint8Array, size = 1 << 20, file = "audit.log"): Read {
  const bytes = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  const events: ProcessEvent[] = [];
  const hosts: Read["hosts"] = new Map();
  const reader = auditFormat.open((host) => {
    if (hosts.has(host)) throw new Error(`asked twice for the sink of ${host}`);
    const own: ProcessEvent[] = [];
    hosts.set(host, own);
    return (event) => {
      const copy = { ...event };
      events.push(copy);
      own.push(copy);
    };
  });
  // One buffer for all pieces, as the caller may use it again after push().
  const piece = Buffer.alloc(Math.min(size, bytes.length + 1));
  for (let at = 0; at < bytes.length; at += size) {
    const length = Math.min(size, bytes.length - at);
    piece.set(bytes.subarray(at, at + length));
    reader.push(piece.subarray(0, length), file);
    piece.fill(0x41);
  }
  const reading = reader.end();
  return { events, hosts, reading, lines: remark(reading, "audit.records") as Read["lines"] };
}

export function remark(reading: StreamReading, code: string): unknown {
  return reading.remarks.find((one) => one.code === code)?.args ?? null;
}

export function ofType<T extends ProcessEvent["type"]>(
  events: ProcessEvent[],
  type: T,
): Extract<ProcessEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ProcessEvent, { type: T }> => event.type === type);
}

export function execOf(text: string): ExecEvent | undefined {
  return ofType(readAudit(text).events, "exec")[0];
}

let serial = 1000;

export interface Call {
  arch?: string;
  nr: number;
  /** `yes exit=5`, `no exit=-11`, or nothing for calls that do not return. */
  success?: string;
  a0?: string;
  a1?: string;
  items?: number;
  ppid?: number;
  pid?: number;
  comm?: string;
  exe?: string;
  serial?: number;
  time?: string;
  per?: string;
  tail?: string;
}

/** A SYSCALL record as the kernel writes it. */
export function syscall(call: Call): string {
  const {
    arch = "c000003e",
    nr,
    success,
    a0 = "0",
    a1 = "0",
    items = 0,
    ppid = 10,
    pid = 20,
    comm = '"sh"',
    exe = '"/usr/bin/dash"',
    time = "1700000000.000",
    per,
    tail = "key=(null)",
  } = call;
  const result = success === undefined ? "" : ` success=${success}`;
  const personality = per === undefined ? "" : ` per=${per}`;
  return (
    `type=SYSCALL msg=audit(${time}:${call.serial ?? serial++}): arch=${arch} syscall=${nr}${personality}${result} a0=${a0} a1=${a1} a2=7f a3=0 items=${items} ppid=${ppid} pid=${pid}` +
    ` auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=${comm} exe=${exe} ${tail}\n`
  );
}

/** Any other record. */
export function record(type: string, number: number, body: string, time = "1700000000.000"): string {
  return `type=${type} msg=audit(${time}:${number}): ${body}\n`;
}
