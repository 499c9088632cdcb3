import { inMemory } from "../../../src/ftrace/trace-dat/cursor.ts";
import type { ContainerFormat, StreamFormat, StreamReading } from "../../../src/formats/types.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";

export interface FormatRead {
  events: ProcessEvent[];
  reading: StreamReading;
  /** The host of each event, as the reader names it. Absent: all of one. */
  hosts?: (string | null)[];
}

/** Reads bytes in one format; a log cut into pieces of `size` bytes, in one buffer that is overwritten, as callers may do. */
export async function readFormat(
  format: StreamFormat | ContainerFormat,
  input: string | Uint8Array,
  size = 1 << 20,
): Promise<FormatRead> {
  const bytes = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  const events: ProcessEvent[] = [];
  const hosts: (string | null)[] = [];
  const sinkOf = (host: string | null) => (event: ProcessEvent) => {
    events.push({ ...event });
    hosts.push(host);
  };
  if ("read" in format)
    return { events, hosts, reading: await format.read(inMemory(bytes), "file", sinkOf, () => false) };
  const reader = format.open(sinkOf);
  const piece = Buffer.alloc(Math.min(size, bytes.length + 1));
  for (let at = 0; at < bytes.length; at += size) {
    const length = Math.min(size, bytes.length - at);
    piece.set(bytes.subarray(at, at + length));
    reader.push(piece.subarray(0, length), "file");
    piece.fill(0x41);
  }
  const reading = reader.end();
  return { events, hosts, reading };
}

/** Events as short words: `12 fork 13`, `13 exec /bin/true`, `13 exit 3`, `13 killed 9`, `12 < 13`, `13 is sh`. */
export function wordsOf(events: readonly ProcessEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "fork":
        return `${event.pid} ${event.thread ? "thread" : "fork"} ${event.child}${event.inferred === true ? "?" : ""}`;
      case "exec": {
        const what = event.exe === "" ? `(${event.comm})` : event.exe;
        const argv = event.argv === null ? "" : ` [${event.argv.join("|")}]`;
        return `${event.pid} exec${event.error === 0 ? "" : "!"} ${what}${argv}`;
      }
      case "exit": {
        const how = event.signal === null ? `exit ${event.code ?? "?"}` : `killed ${event.signal}`;
        return `${event.pid} ${how}${event.thread ? " thread" : ""}`;
      }
      case "child-signal":
        return `${event.reaper} < ${event.pid} ${event.code}`;
      case "seen":
        return `${event.pid} is ${event.comm}`;
      default:
        return event.type;
    }
  });
}

/** What must hold of any reading: the account agrees with the events, and the times of a host never go back. */
export function soundness({ events, hosts, reading }: FormatRead): string[] {
  const problems: string[] = [];
  if (reading.ledger.events !== events.length)
    problems.push(`${reading.ledger.events} events told, ${events.length} given`);
  const times = new Map<string | null, number>();
  for (const [index, event] of events.entries()) {
    const host = hosts?.[index] ?? null;
    const now = times.get(host) ?? 0;
    if (!Number.isFinite(event.ts) || event.ts < now) problems.push(`time ${event.ts} after ${now}`);
    times.set(host, event.ts);
  }
  const lines = reading.remarks.find(({ args }) => "parsed" in args)?.args as Record<string, number> | undefined;
  const { skipped, examples } = reading.ledger;
  // A page of records that cannot be understood is one example.
  const least = lines === undefined ? Math.min(1, skipped) : Math.min(3, skipped);
  if (examples.length < least || examples.length > Math.min(3, skipped))
    problems.push(`${examples.length} examples of ${skipped}`);
  if (lines !== undefined && lines["read"] !== (lines["parsed"] ?? 0) + (lines["skipped"] ?? 0))
    problems.push(`read ${lines["read"]}, parsed ${lines["parsed"]}, skipped ${lines["skipped"]}`);
  if (lines !== undefined && lines["skipped"] !== reading.ledger.skipped) problems.push("skipped");
  return problems;
}
