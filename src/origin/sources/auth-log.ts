import { redactLine } from "../../model/redact.ts";
import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { authMessage, type AuthMessage } from "../logs/auth-message.ts";
import { syslogStamped } from "../logs/stamp.ts";
import { namesPath } from "../names.ts";
import { Telling, type Place } from "../told.ts";
import type { Question, Source } from "../types.ts";

const LOGS = ["/var/log/auth.log", "/var/log/secure", "/var/log/syslog", "/var/log/messages", "/var/log/cron"];
/** `HOST PROGRAM[PID]: MESSAGE`; a program's name may hold nearly anything. */
const HEAD = /^\S+ ([^:[\s]{1,64})(?:\[(\d{1,10})\])?: (.*)$/;

/** Logs that syslog writes: logins, sudo and su, changes of users, cron; and any line that names the file. */
export const authLog: Source = {
  id: "auth-log",
  async look(question) {
    const telling = new Telling(this.id, question);
    const failed = new FailedLogins();
    let found = false;
    for (const log of LOGS) {
      const there = await readLog(question.root, log, telling, (line, place, file) => {
        const at = syslogStamped(line, question.zone, file.modified);
        if (at === null) {
          if (line !== "") telling.skip(place, "no time at its beginning");
          return;
        }
        // The program writes its lines as they come, but daemons may write times of their own.
        if (!telling.record(at.ms, place, false)) return;
        const head = HEAD.exec(at.rest);
        if (head !== null)
          tellMessage(question, telling, failed, at.ms, { program: head[1] ?? "", message: head[3] ?? "", place });
      });
      found ||= there;
    }
    failed.tell(telling);
    return found ? telling.end() : null;
  },
};

/** What a message of syslog or of the journal says of the file, or of what went on near its times. */
export function tellMessage(
  { names, moments }: Pick<Question, "names" | "moments">,
  telling: Telling,
  failed: FailedLogins,
  ms: number,
  { program, message, place }: { program: Untrusted; message: Untrusted; place: Place },
): void {
  const isNamed = namesPath(message, names);
  if (!isNamed && !moments.near(ms)) return;
  const quote = place.quote === null ? null : redactLine(place.quote);
  const shown = { ...place, quote };
  const understood = authMessage(program, message);
  if (understood?.code === "origin.login-refused") return failed.add(ms, understood, shown);
  if (understood !== null) {
    telling.event(ms, isNamed ? "file" : "around", understood.code, understood.args, shown);
  } else if (isNamed) {
    telling.event(ms, "file", "origin.log-line", { program, line: redactLine(message) }, shown);
  }
}

const NAMED = 5;

/** Refused logins come by the thousand: they are one event. */
export class FailedLogins {
  readonly #users = new Set<Untrusted>();
  readonly #hosts = new Set<Untrusted>();
  #count = 0;
  #first: { ms: number; place: Place } | null = null;
  #last = 0;

  add(ms: number, { args }: AuthMessage, place: Place): void {
    this.#count++;
    this.#first ??= { ms, place };
    this.#last = Math.max(this.#last, ms);
    const { user, host } = args;
    if (this.#users.size < NAMED && typeof user === "string") this.#users.add(user);
    if (this.#hosts.size < NAMED && typeof host === "string") this.#hosts.add(host);
  }

  tell(telling: Telling): void {
    if (this.#first === null) return;
    const { ms, place } = this.#first;
    const args = { count: this.#count, users: [...this.#users], hosts: [...this.#hosts] };
    telling.event(ms, "around", "origin.failed-logins", args, place, this.#count > 1 ? this.#last : null);
  }
}
