import { readRecordFiles } from "../logins/record-file.ts";
import { readRecords } from "../logins/read.ts";
import { sessionsOf } from "../logins/sessions.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";
import { sessionEvent } from "./session-event.ts";

const UNIT = 384 * 400;

/** utmp (utmp(5)): who is logged in. A session that wtmp does not have was taken out there, or wtmp was rotated away. */
export const utmp: Source = {
  id: "utmp",
  async look(question) {
    const telling = new Telling(this.id, question);
    const { root } = question;
    const files = await readRecordFiles(root, "/run/utmp", UNIT, telling);
    if (files.length === 0) return telling.gaps.length > 0 ? telling.end() : null;
    // Into a telling of its own: what it says of wtmp is told by the source that reads that.
    const aside = new Telling("wtmp", question);
    const logged = new Set<string>();
    let oldest = Number.POSITIVE_INFINITY;
    for (const { path, bytes, skipped } of await readRecordFiles(root, "/var/log/wtmp", UNIT, aside))
      for (const { pid, line, user, ms } of readRecords(path, bytes, skipped, aside).records) {
        logged.add(`${pid} ${line} ${user}`);
        oldest = Math.min(oldest, ms);
      }
    for (const { path, bytes, skipped } of files) {
      for (const session of sessionsOf(readRecords(path, bytes, skipped, telling).records).sessions) {
        const place = { file: path, at: `record ${session.record.index}`, quote: null };
        const isLogged = logged.has(`${session.pid} ${session.line} ${session.user}`);
        if (!isLogged && session.from > oldest) {
          const { user, line, host } = session;
          telling.signs.push({
            code: "origin.session-not-logged",
            args: { user, line, host: host === "" ? null : host },
            weight: "medium",
            otherwise: "origin.otherwise.no-wtmp-login",
          });
        }
        if (!isLogged && question.moments.touches(session.from, null)) sessionEvent(telling, session, place);
      }
    }
    return telling.end();
  },
};
