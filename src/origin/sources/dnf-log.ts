import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { tellManagerLine, type ManagerLine } from "../logs/manager-line.ts";
import { stamped, syslogStamped } from "../logs/stamp.ts";
import type { Zone } from "../logs/zone.ts";
import { Transactions } from "../logs/transactions.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

export const DNF_LOGS: readonly string[] = [
  "/var/log/dnf.rpm.log",
  "/var/log/dnf.log",
  "/var/log/dnf5.log",
  "/var/log/yum.log",
];
/** `SUBDEBUG Installed: at-3.2.5-1.fc40.x86_64`; yum: `Installed: at-3.1.13-24.el7.x86_64`, with an epoch before it. */
const ACTION =
  /(?:^|\s)(Installed|Upgraded|Updated|Upgrade|Install|Erase|Erased|Removed|Downgraded|Reinstalled|Reinstall): (?:\d+:)?(\S+)$/;
const COMMAND = /(?:DDEBUG Command:|Command:) (.*)$/;

/** Logs of dnf and yum beside their history: a line a package. */
export const dnfLog: Source = {
  id: "dnf.log",
  async look(question) {
    const telling = new Telling(this.id, question);
    const others = new Transactions(telling, question.moments);
    const { zone } = question;
    let found = false;
    for (const log of DNF_LOGS) {
      const there = await readLog(question.root, log, telling, (line, place, file) => {
        const at = log.endsWith("yum.log") ? syslogStamped(line, zone, file.modified) : stamped(line, zone);
        if (at === null || !telling.record(at.ms, place, true)) return;
        tellManagerLine(meaningOf(at.rest), at.ms, at.rest, place, question, telling, others);
      });
      others.end();
      found ||= there;
    }
    return found ? telling.end() : null;
  },
};

/** When a package was changed by what a line tells, ms since 1970; null: it tells of no such action. */
export function dnfActionAt(line: Untrusted, zone: Zone, modified: number): number | null {
  const at = syslogStamped(line, zone, modified);
  return at !== null && ACTION.test(at.rest) ? at.ms : null;
}

function meaningOf(rest: Untrusted): ManagerLine {
  const action = ACTION.exec(rest);
  if (action !== null) return { action: (action[1] ?? "").toLowerCase(), ...nevra(action[2] ?? "") };
  const command = COMMAND.exec(rest);
  return command === null ? null : { command: command[1] ?? "" };
}

/** `at-3.2.5-1.fc40.x86_64` by its last two dashes and its last dot. */
export function nevra(spelt: string): { name: string; version: string | null } {
  const match = /^(.+)-(?:\d+:)?([^-]+-[^-]+?)(?:\.[a-z0-9_]+)?$/.exec(spelt);
  return match === null ? { name: spelt, version: null } : { name: match[1] as string, version: match[2] as string };
}
