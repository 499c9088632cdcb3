import type { Format } from "./types.ts";
import { auditFormat } from "./audit/index.ts";
import { execsnoopFormat } from "./execsnoop/index.ts";
import { execsnoopBtFormat } from "./execsnoop-bt/index.ts";
import { exitsnoopFormat } from "./exitsnoop/index.ts";
import { atopFormat } from "./atop/index.ts";
import { forkstatFormat } from "./forkstat/index.ts";
import { ltraceFormat } from "./ltrace/index.ts";
import { pidstatFormat } from "./pidstat/index.ts";
import { pacctFormat } from "./pacct/index.ts";
import { straceFormat } from "./strace/index.ts";
import { traceDatFormat } from "./trace-dat/index.ts";
import { perfScriptFormat, traceTextFormat } from "./trace-text/index.ts";

/** Every format that can be read. To add one: write its `Format` and name it here; those that are soonest sure come first. */
export const formats: readonly Format[] = [
  traceDatFormat,
  auditFormat,
  straceFormat,
  ltraceFormat,
  pacctFormat,
  traceTextFormat,
  perfScriptFormat,
  forkstatFormat,
  execsnoopFormat,
  execsnoopBtFormat,
  exitsnoopFormat,
  atopFormat,
  pidstatFormat,
];

/** Below this a format is not taken for recognised. */
const ENOUGH = 0.2;
/** As sure as any is of what has no magic number: from here on nobody else is asked. */
const SURE = 0.95;

/** The format that these first bytes (up to 64 KiB, decompressed) most likely have, or null when none is likely. */
export function recognise(head: Uint8Array): Format | null {
  let best: Format | null = null;
  let surest = ENOUGH;
  for (const format of formats) {
    const sure = format.sniff(head);
    if (sure > surest) {
      best = format;
      surest = sure;
    }
    if (surest >= SURE) break;
  }
  return best;
}
