import * as fs from "node:fs";
import { toBytes, type Untrusted } from "../model/text.ts";
import { startTicks, type Life } from "../platform/process-identity.ts";
import type { Intervention } from "./intervention.ts";
import { LARGEST_TABLE, withoutLine } from "./steps/disable-line.ts";

/** cron looks at its tables once a minute. */
const CRON_SETTLE = 61;
const TOLD_SETTLE = 2;

/** Disabling one line of a table; a string says in English why that cannot be. */
export function disablingLine(file: Untrusted, line: number): Intervention | string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(Buffer.from(toBytes(file)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return (error as Error).message.split(",")[0] ?? "";
  }
  try {
    const stat = fs.fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return "it is no ordinary file";
    if (stat.size > LARGEST_TABLE) return "it is too large for a table";
    const before = fs.readFileSync(fd);
    const after = withoutLine(before, line);
    if (after === null) return "there is no such line, or it is a comment or empty";
    const told = whoReads(stat);
    const data = {
      file,
      line,
      dev: String(stat.dev),
      inode: String(stat.ino),
      before: before.toString("base64"),
      after: after.toString("base64"),
      mtimeNs: String(stat.mtimeNs),
      tell: told,
    };
    return {
      kind: "disable-line",
      target: `${file}:${line}`,
      prepare: [],
      hold: [{ kind: "config.disable-line", data }],
      settleSeconds: told === null ? CRON_SETTLE : TOLD_SETTLE,
      remainder: 0.1,
    };
  } finally {
    fs.closeSync(fd);
  }
}

/** Whose table this is, where that one reads it again at SIGHUP: an init whose own /etc/inittab it is (init(8)), or inetd. */
function whoReads({ dev, ino }: fs.BigIntStats): Life | null {
  for (const entry of fs.readdirSync("/proc")) {
    if (!/^[1-9]\d*$/.test(entry)) continue;
    for (const [comm, table] of TABLES) {
      if (commOf(entry) !== comm) continue;
      const its = fs.statSync(`/proc/${entry}/root${table}`, { bigint: true, throwIfNoEntry: false });
      if (its === undefined || its.dev !== dev || its.ino !== ino) continue;
      const ticks = startTicks(Number(entry));
      if (ticks !== null) return { pid: Number(entry), startTicks: ticks };
    }
  }
  return null;
}

const TABLES = [
  ["init", "/etc/inittab"],
  ["inetd", "/etc/inetd.conf"],
] as const;

function commOf(pid: string): string | null {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return null;
  }
}
