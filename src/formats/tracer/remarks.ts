import type { StreamReading } from "../types.ts";
import { CALL } from "./call-names.ts";
import type { Session } from "./session.ts";
import type { Counted } from "./tally.ts";

/**
 * The notable facts of a log of strace or ltrace. Codes and arguments (counts, and the place of the first case):
 *
 * - `tracer.lines` {tool, read, parsed, skipped, blank}: `read = parsed + skipped`
 * - `tracer.hidden` {tool, calls}: kinds of calls of which no line shows one, though the log shows others: a filter hides them,
 *   or nothing made them
 * - `tracer.failed-forks` {count, example, limit}: `limit` of them with EAGAIN; `tracer.failed-execs` {count, example}
 * - `tracer.mode-32` {count, example}: the tool says that a process runs 32-bit code
 * - `tracer.spliced` {count, example}: messages in the middle of a line, taken out of it
 * - `tracer.nameless-signals` {count}: SIGCHLDs that do not say which child ended
 * - `tracer.set-back` {seconds}: the clock was set back
 * - `tracer.summary` {tool, calls, errors, forks, execs, top}: a table of -c: counts without order in time
 */
export function remarksOf(tool: string, { tally, names, clock }: Session): StreamReading["remarks"] {
  const remarks: StreamReading["remarks"] = [{ code: "tracer.lines", args: { tool, ...tally.lines } }];
  const counted = (code: string, { count, example }: Counted, more: Record<string, unknown> = {}): void => {
    if (count > 0) remarks.push({ code, args: { count, example, ...more } });
  };
  const hidden = tally.summary.size > 0 ? [] : hiddenKinds(tally.lines.parsed, names, tally.ends);
  if (hidden.length > 0) remarks.push({ code: "tracer.hidden", args: { tool, calls: hidden } });
  counted("tracer.failed-forks", tally.failedForks, { limit: tally.failedForksForLimit });
  counted("tracer.failed-execs", tally.failedExecs);
  counted("tracer.mode-32", tally.mode32);
  counted("tracer.spliced", tally.spliced);
  if (tally.namelessSignals > 0)
    remarks.push({ code: "tracer.nameless-signals", args: { count: tally.namelessSignals } });
  if (clock.setBack > 0) remarks.push({ code: "tracer.set-back", args: { seconds: clock.setBack } });
  if (tally.summary.size > 0) remarks.push({ code: "tracer.summary", args: { tool, ...summaryOf(tally.summary) } });
  return remarks;
}

function hiddenKinds(lines: number, names: Session["names"], ends: number): string[] {
  if (lines === 0) return [];
  const hidden: string[] = [];
  if (names.countOf(CALL.fork) === 0) hidden.push("fork");
  if (names.countOf(CALL.exec) === 0) hidden.push("execve");
  if (names.countOf(CALL.exit, CALL.exitGroup) === 0 && ends === 0) hidden.push("exit");
  return hidden;
}

const FORKS = new Set(["fork", "vfork", "clone", "clone2", "clone3"]);
const MOST_SHOWN = 5;

function summaryOf(summary: Session["tally"]["summary"]): Record<string, unknown> {
  let calls = 0;
  let errors = 0;
  let forks = 0;
  let execs = 0;
  for (const [name, row] of summary) {
    const bare = name.replace(/^SYS_/, "");
    calls += row.calls;
    errors += row.errors;
    if (FORKS.has(bare)) forks += row.calls - row.errors;
    if (bare === "execve" || bare === "execveat") execs += row.calls - row.errors;
  }
  const top = [...summary].sort(([, a], [, b]) => b.calls - a.calls).slice(0, MOST_SHOWN);
  return { calls, errors, forks, execs, top: top.map(([name, row]) => `${name} ${row.calls}`) };
}
