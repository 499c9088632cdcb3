import type { Untrusted } from "../../model/text.ts";
import { UT, type LoginRecord } from "./utmp.ts";

/** A login, as last(1) puts it together. */
export interface Session<R extends LoginRecord = LoginRecord> {
  user: Untrusted;
  line: Untrusted;
  /** Where from; "" for a terminal of its own. */
  host: Untrusted;
  pid: number;
  /** Milliseconds since 1970. */
  from: number;
  /** Null: no record ends it. */
  to: number | null;
  /** What ended it. */
  ended: "logout" | "shutdown" | "crash" | null;
  /** The record that begins it. */
  record: R;
}

/**
 * Sessions and starts of the system from the records of wtmp in their order. A session ends with the next record of its
 * line (a dead process, or the next login there), with a shutdown, or, unrecorded, with the next boot.
 */
export function sessionsOf<R extends LoginRecord>(records: Iterable<R>): { sessions: Session<R>[]; boots: R[] } {
  const sessions: Session<R>[] = [];
  const boots: R[] = [];
  const open = new Map<Untrusted, Session<R>>();
  const endAll = (ms: number, ended: "shutdown" | "crash"): void => {
    for (const session of open.values()) Object.assign(session, { to: ms, ended });
    open.clear();
  };
  for (const record of records) {
    const { type, line, user, ms } = record;
    // sysvinit and systemd write a shutdown as a run level, with the user's name `shutdown`; line is `~`.
    if (type === UT.runLevel && user === "shutdown") endAll(ms, "shutdown");
    else if (type === UT.bootTime) {
      endAll(ms, "crash");
      boots.push(record);
    } else if (type === UT.userProcess || type === UT.deadProcess) {
      const before = open.get(line);
      if (before !== undefined) Object.assign(before, { to: ms, ended: "logout" });
      open.delete(line);
      // A user's process without a name is a logout in the old manner.
      if (type === UT.deadProcess || user === "") continue;
      const { host, pid } = record;
      const session: Session<R> = { user, line, host, pid, from: ms, to: null, ended: null, record };
      open.set(line, session);
      sessions.push(session);
    }
  }
  return { sessions, boots };
}
