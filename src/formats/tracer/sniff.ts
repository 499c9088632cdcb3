import i386 from "../../syscalls/tables/i386.ts";
import x86 from "../../syscalls/tables/x86_64.ts";

const LINES = 200;
/** Leaders of either tool, as `Leader` reads them. */
const LEADER =
  /^(?:\[pid +\d+(?:<[^\n]{0,80}?>)?\] |\d+(?:<[^\n]{0,80}?>)? +)?(?:\[[^\]]{3,200}\] )?(?: *\d{2}:\d\d:\d\d(?:\.\d+)? | *\d+\.\d+ |\d{9,} )?(?:\( *\+ *\d+\.\d+\) )?(?:\[ *(?:\d+|\?+)\] )?(?:\[(?:[0-9a-fx]+|\?+)\] )? */;
const CALL =
  /^(?:[\w.+-]+->)?(\w{1,80})(?:@\S+)?\(.*(?:\s=\s|<(?:unfinished|no return|detached|pid changed) .*>$|<unfinished \.\.\.>$)/;
const STRACE =
  /^(?:<\.\.\. \w+ resumed> ?[^ )]|\+\+\+ (?:exited with|superseded)|--- SIG\w+ \{|strace: |Process \d+ attached)/;
const LTRACE = /^(?:[\w.+-]+->\w|SYS_\w+\(|<\.\.\. \w+ resumed> \)|\+\+\+ exited \(status|--- Called exec\(\) ---)/;
const EITHER = /^(?:<\.\.\. \S.{0,80} resumed>|\+\+\+ killed by|--- SIG)/;
const TABLE_HEAD = /^\s*(?:% time|syscall|function)\s.*\bcalls\b/;
const TABLE =
  /^\s*(?:(?:% time|syscall|function)\s.*\bcalls\b|-{4,}[- ]*$|\d+[.,]\d\d\s+\d+[.,]\d+\s|\w+\s.*\s\d+[.,]\d\d$)/;
const names = new Set(`${i386} ${x86}`.split(/[ |:]/));

/** How sure these first bytes are a log of this tool: half of the lines must be its own; the names of calls tell the two apart. */
export function sniffTracer(head: Uint8Array, tool: "strace" | "ltrace"): number {
  const bytes = Buffer.from(head.subarray(0, 65_536));
  // Text has no NULs; a log cut out of a sparse file has some at its beginning, a binary has them everywhere.
  let zeros = 0;
  for (const byte of bytes.subarray(0, 4096)) if (byte === 0) zeros++;
  if (zeros > 64) return 0;
  const lines = bytes
    .toString("latin1")
    .split("\n", LINES)
    // oxlint-disable-next-line no-control-regex
    .map((line) =>
      line
        .replace(/\u001b\[[0-9;]*m/g, "")
        .slice(0, 4096)
        .replace(/\r$/, ""),
    )
    .filter((line) => !/^(?:\s*$| > | \| )/.test(line));
  let strace = 0;
  let ltrace = 0;
  let calls = 0;
  let either = 0;
  let table = 0;
  let tableHead: string | null = null;
  for (const line of lines) {
    const body = line.slice(LEADER.exec(line)?.[0].length ?? 0);
    if (TABLE_HEAD.test(line)) tableHead ??= line;
    if (TABLE.test(line)) table++;
    else if (STRACE.test(body)) strace++;
    else if (LTRACE.test(body)) ltrace++;
    else if (EITHER.test(body)) either++;
    else {
      const call = CALL.exec(body);
      if (call === null) continue;
      if (names.has(call[1] as string) && !body.includes("->")) calls++;
      else ltrace++;
    }
  }
  // Names that both know (fork, exit, read) are strace's, unless something says otherwise.
  const isLtrace = ltrace > strace && ltrace * 10 > calls;
  const own = strace + ltrace + calls + either;
  if ((own + table) * 2 < lines.length || own + table === 0) return 0;
  if (own === 0) return tableHead !== null && /\bfunction\b/.test(tableHead) === (tool === "ltrace") ? 0.9 : 0;
  return isLtrace === (tool === "ltrace") ? 0.9 : 0;
}
