import { readRecordFiles } from "../logins/record-file.ts";
import { readRecords } from "../logins/read.ts";
import { sessionsOf } from "../logins/sessions.ts";
import type { LoginRecord } from "../logins/utmp.ts";
import { Telling, type Place } from "../told.ts";
import type { Source } from "../types.ts";
import { sessionEvent } from "./session-event.ts";

const UNIT = 384 * 400;

/** wtmp (utmp(5)): who was logged in, and when the system started. */
export const wtmp: Source = {
  id: "wtmp",
  async look(question) {
    const telling = new Telling(this.id, question);
    const files = await readRecordFiles(question.root, "/var/log/wtmp", UNIT, telling);
    if (files.length === 0) return telling.gaps.length > 0 ? telling.end() : null;
    const records: (LoginRecord & { file: string })[] = [];
    for (const { path, bytes, skipped } of files) {
      const read = readRecords(path, bytes, skipped, telling);
      for (const record of read.records) records.push({ ...record, file: path });
      if (read.zeroed > 0)
        telling.signs.push({
          code: "origin.login-records-wiped",
          args: { file: path, count: read.zeroed },
          weight: "strong",
          otherwise: "origin.otherwise.damaged-file",
        });
    }
    const { sessions, boots } = sessionsOf(records);
    const placeOf = ({ file, index }: (typeof records)[number]): Place => ({
      file,
      at: `record ${index}`,
      quote: null,
    });
    for (const session of sessions) {
      if (question.moments.touches(session.from, session.to)) sessionEvent(telling, session, placeOf(session.record));
    }
    for (const boot of boots) {
      const args = { kernel: boot.host === "" ? null : boot.host };
      if (question.moments.near(boot.ms)) telling.event(boot.ms, "around", "origin.boot", args, placeOf(boot));
    }
    return telling.end();
  },
};
