import * as fs from "node:fs";
import type { Untrusted } from "../model/text.ts";
import { startTicks, type Life } from "../platform/process-identity.ts";
import { allPids, commOf } from "../platform/processes.ts";
import type { Intervention } from "./intervention.ts";
import { withoutLine } from "./steps/disable-line.ts";
import { lookAt, type InPlace } from "./steps/in-place.ts";
import { isAskedByPipe } from "./steps/read-again.ts";

/** cron looks at its tables once a minute. */
const CRON_SETTLE = 61;
/** inetd, and an init that is told by a signal. */
const TOLD_SETTLE = 2;
/** Who was asked through its pipe has done it by then. */
const ASKED_SETTLE = 0.5;

/** Disabling one line of a table; a string says in English why that cannot be. */
export function disablingLine(file: Untrusted, line: number): Intervention | string {
  const found = lookAt(
    file,
    (bytes) => withoutLine(bytes, line) ?? "there is no such line, or it is a comment or empty",
  );
  if (typeof found === "string") return found;
  if (found === null) return "there is no such file";
  const told = whoReads(found);
  return {
    kind: "disable-line",
    target: `${file}:${line}`,
    prepare: [],
    hold: [{ kind: "config.disable-line", data: { ...found, line, tell: told } }],
    settleSeconds: told === null ? CRON_SETTLE : isAskedByPipe(told.pid) ? ASKED_SETTLE : TOLD_SETTLE,
    remainder: 0.1,
  };
}

/** Whose table this is, where that one reads it again when it is told: an init whose own /etc/inittab it is (init(8)), or inetd. */
function whoReads({ dev, inode }: InPlace): Life | null {
  for (const pid of allPids()) {
    for (const [comm, table] of TABLES) {
      if (commOf(pid) !== comm) continue;
      const its = fs.statSync(`/proc/${pid}/root${table}`, { bigint: true, throwIfNoEntry: false });
      if (its === undefined || String(its.dev) !== dev || String(its.ino) !== inode) continue;
      const ticks = startTicks(pid);
      if (ticks !== null) return { pid, startTicks: ticks };
    }
  }
  return null;
}

const TABLES = [
  ["init", "/etc/inittab"],
  ["inetd", "/etc/inetd.conf"],
] as const;
