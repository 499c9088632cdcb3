import type { Session } from "../logins/sessions.ts";
import type { Place, Telling } from "../told.ts";

/** A session that was open near one of the file's times. */
export function sessionEvent(telling: Telling, session: Session, place: Place): void {
  const { user, line, host, pid, from, to, ended } = session;
  const args = { user, line, host: host === "" ? null : host, pid, ended };
  telling.event(from, "around", "origin.session", args, place, to);
}
