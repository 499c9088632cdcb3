import { LogReader } from "../tracer/log-reader.ts";
import type { StreamFormat } from "../types.ts";
import { sniffTracer } from "../tracer/sniff.ts";
import { StraceBody } from "./body.ts";

/** Logs and -c tables of strace, 4.5 to 7, with any of its options for leaders; also a folder of `strace -ff` (NAME.PID). */
export const straceFormat: StreamFormat = {
  id: "strace",
  sniff: (head) => sniffTracer(head, "strace"),
  open: (sinkOf) => new LogReader(sinkOf, (session) => new StraceBody(session)),
};
