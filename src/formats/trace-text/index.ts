import type { StreamFormat } from "../types.ts";
import { RECORD } from "../trace-dat/tells.ts";
import { kernelLeader, perfLeader } from "./leader.ts";
import { TraceTextReader, type Dialect } from "./reader.ts";
import { sniffTraceText } from "./sniff.ts";

/** `# tracer: nop`, `cpus=2`, `version = 6`, `CPU 1 is empty`, `CPU:1 [SUBBUFFER START]`, stacks: ` => do_fork+0x12`. */
const KERNEL_OTHER = /^(?:#|cpus=\d+$|version = |CPU \d+ is empty$|CPU:\d+ \[|\S+: *\[?$| => |trace-cmd: )/;
/** Headers, and addresses of a call chain (-g): `        ffffffff813a5371 do_fork+0x1 ([kernel.kallsyms])`. */
const PERF_OTHER = /^(?:#|\s+[0-9a-f]{4,16} .*\)$)/;

const kernel: Dialect = {
  id: "trace-text",
  leader: kernelLeader,
  recorder: { id: "kernel-events", remedy: RECORD, lacks: (events) => `no line is about ${events}` },
  isOther: (line) => KERNEL_OTHER.test(line),
};

const perf: Dialect = {
  id: "perf-script",
  leader: perfLeader,
  recorder: {
    id: "kernel-events",
    remedy:
      "perf record -a -e sched:sched_process_fork -e sched:sched_process_exec -e sched:sched_process_exit " +
      "-e signal:signal_generate -e signal:signal_deliver -e syscalls:sys_enter_exit_group",
    lacks: (events) => `no line is about ${events}`,
  },
  isOther: (line) => PERF_OTHER.test(line),
};

/** `trace` and `trace_pipe` of tracefs, and `trace-cmd report`: any clock, with or without the columns of irq-info and record-tgid. */
export const traceTextFormat: StreamFormat = {
  id: kernel.id,
  sniff: (head) => sniffTraceText(head, kernel),
  open: (sinkOf) => new TraceTextReader(sinkOf, kernel),
};

/** `perf script` of a recording of tracepoints, with its default fields or others (-F). */
export const perfScriptFormat: StreamFormat = {
  id: perf.id,
  sniff: (head) => sniffTraceText(head, perf),
  open: (sinkOf) => new TraceTextReader(sinkOf, perf),
};
