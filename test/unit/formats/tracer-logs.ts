import type { ProcessEvent } from "../../../src/model/events.ts";
import { ltraceFormat } from "../../../src/formats/ltrace/index.ts";
import { straceFormat } from "../../../src/formats/strace/index.ts";
import type { StreamReading } from "../../../src/formats/types.ts";

export interface Read {
  events: ProcessEvent[];
  reading: StreamReading;
  lines: { tool: string; read: number; parsed: number; skipped: number; blank: number };
}

/** Reads text or bytes as one log, cut into pieces of `size` bytes; several files as one set, by name. */
export function readLog(
  tool: "strace" | "ltrace",
  input: string | Uint8Array | Record<string, string>,
  size = 1 << 20,
): Read {
  const format = tool === "strace" ? straceFormat : ltraceFormat;
  const events: ProcessEvent[] = [];
  const reader = format.open(() => (event) => void events.push({ ...event }));
  const files = typeof input === "string" || input instanceof Uint8Array ? { "trace.log": input } : input;
  for (const [file, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
    // One buffer for all pieces, as the caller may use it again after push().
    const piece = Buffer.alloc(Math.min(size, bytes.length + 1));
    for (let at = 0; at < bytes.length; at += size) {
      const length = Math.min(size, bytes.length - at);
      piece.set(bytes.subarray(at, at + length));
      reader.push(piece.subarray(0, length), file);
      piece.fill(0x41);
    }
  }
  const reading = reader.end();
  const lines = reading.remarks.find(({ code }) => code === "tracer.lines")?.args as Read["lines"];
  return { events, reading, lines };
}

/** Events as short words: `12 fork 13`, `13 exec /bin/true a b`, `13 exec! /x -2`, `13 exit 3`, `13 killed 9`, `12 < 13`. */
export function words({ events }: Read): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "fork":
        return `${event.pid} ${event.thread ? "thread" : "fork"} ${event.child}`;
      case "exec":
        return event.error === 0
          ? `${event.pid} exec ${event.exe}${event.argv === null ? "" : ` [${event.argv.join("|")}]`}`
          : `${event.pid} exec! ${event.exe} ${event.error}`;
      case "exit":
        return `${event.pid} ${event.signal === null ? `exit ${event.code}` : `killed ${event.signal}`}${event.thread ? " thread" : ""}`;
      case "child-signal":
        return `${event.reaper} < ${event.pid} ${event.code}`;
      case "seen":
        return `${event.pid} is ${event.abi?.bits}-bit`;
      default:
        return event.type;
    }
  });
}
