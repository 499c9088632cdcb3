import type { LineCounts } from "../text/lines.ts";
import type { StreamReading } from "../types.ts";
import type { Host, Hosts } from "./host.ts";
import type { Counted, Tally } from "./tally.ts";

type Remarks = StreamReading["remarks"];

/**
 * The notable facts of a stream. Codes and arguments (counts, and the place of the first case where it helps):
 *
 * - `audit.records` {read, parsed, skipped, blank}: lines; `read = parsed + skipped`
 * - `audit.fork-by-32-bit` {count, example}: forks of processes by programs of a 32-bit ABI
 * - `audit.syscall-2-is-open` {count, example}: `arch=c000003e syscall=2`, which is open and no fork
 * - `audit.failed-forks` {count, example, limit}: `limit` of them with EAGAIN, i.e. a limit on processes was reached
 * - `audit.failed-execs` {count, example}
 * - `audit.lost` {lost, lines, example}: the kernel's own count of records it dropped; hard evidence
 * - `audit.serial-gaps` {gaps}: serials that never came; a hint only, excluded records use serials too
 * - `audit.late-records` {records, events, setBackSeconds}: records after their event was told; events out of order;
 *   seconds by which the clock was set back
 * - `audit.orphan-records` {count, example}: events whose SYSCALL record is missing
 * - `audit.incomplete-execs` {count, example}: execs without all their EXECVE records
 * - `audit.clone3-unclear` {count, example}: clone3 calls of which nothing tells whether a process or a thread was made
 * - `audit.no-process-records` {}: no record of a process at all
 * - `audit.several-hosts` {hosts}: records of several hosts (or of one, and records that name none) in one stream
 * - `audit.switched-off` {count, example}: auditing was switched off meanwhile
 * - `audit.cron-sessions` {count, example}: sessions that cron opened
 * - `audit.kills` {count, example, comm, exe, signal}: kill calls, and who made the first
 */
export function remarksOf(tally: Tally, lines: LineCounts, hosts: Hosts): Remarks {
  const remarks: Remarks = [{ code: "audit.records", args: { ...lines } }];
  const counted = (code: string, value: Counted, more: Record<string, unknown> = {}): void => {
    if (value.count > 0) remarks.push({ code, args: { count: value.count, example: value.example, ...more } });
  };
  counted("audit.fork-by-32-bit", tally.forksBy32Bit);
  counted("audit.syscall-2-is-open", tally.syscall2IsOpen);
  counted("audit.failed-forks", tally.failedForks, { limit: tally.failedForksForLimit });
  counted("audit.failed-execs", tally.failedExecs);
  if (tally.lossLines.count > 0)
    remarks.push({
      code: "audit.lost",
      args: { lost: tally.lost, lines: tally.lossLines.count, example: tally.lossLines.example },
    });
  const all = hosts.all();
  const sum = (of: (host: Host) => number): number => all.reduce((total, host) => total + of(host), 0);
  const gaps = sum((host) => host.serials.gaps);
  const late = sum((host) => host.order.late);
  if (gaps > 0) remarks.push({ code: "audit.serial-gaps", args: { gaps } });
  if (tally.lateRecords.count > 0 || late > 0)
    remarks.push({
      code: "audit.late-records",
      args: {
        records: tally.lateRecords.count,
        events: late,
        setBackSeconds: sum((host) => host.order.setBackMs) / 1000,
      },
    });
  counted("audit.orphan-records", tally.orphanRecords);
  counted("audit.incomplete-execs", tally.incompleteExecs);
  counted("audit.clone3-unclear", tally.unclearClone3);
  if (tally.syscalls === 0 && sum((host) => host.order.count) === 0)
    remarks.push({ code: "audit.no-process-records", args: {} });
  if (all.length > 1) remarks.push({ code: "audit.several-hosts", args: { hosts: hosts.names } });
  counted("audit.switched-off", tally.switchedOff);
  counted("audit.cron-sessions", tally.cronSessions);
  counted("audit.kills", tally.kills, { ...tally.firstKill });
  return remarks;
}
