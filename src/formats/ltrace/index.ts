import { LogReader } from "../tracer/log-reader.ts";
import { sniffTracer } from "../tracer/sniff.ts";
import type { StreamFormat } from "../types.ts";
import { LtraceBody } from "./body.ts";

/** Logs and -c tables of ltrace, 0.5 to 0.7.91, with library calls, system calls (-S) or both. */
export const ltraceFormat: StreamFormat = {
  id: "ltrace",
  sniff: (head) => sniffTracer(head, "ltrace"),
  open: (sinkOf) => new LogReader(sinkOf, (session) => new LtraceBody(session), "SYS_"),
};
