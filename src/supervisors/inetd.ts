import type { Untrusted } from "../model/text.ts";
import { addProblem, attempt, newBudget, readConfig } from "./files/read-config.ts";
import type { Job, JobReading, Supervisor } from "./types.ts";

const FILE = "/etc/inetd.conf";
/** inetd(8): starts of one service in a minute, then it is closed for ten (TOOMANY, CNT_INTVL and RETRYTIME of inetd.c). */
const STARTS_A_MINUTE = 256;
const PAUSE_SECONDS = 600;

/** inetd: a server of /etc/inetd.conf is started for each connection, or for the first where the line says `wait`. */
export const inetd: Supervisor = {
  id: "inetd",
  present(root) {
    return attempt([], FILE, true, () => root.lstat(FILE) !== null);
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const text = readConfig(root, FILE, reading.problems, newBudget());
    for (const [i, line] of (text ?? "").split("\n").entries()) {
      yield;
      if (/^\s*(?:#|$)/.test(line)) continue;
      const job = jobOf(line, i + 1);
      if (job !== null) reading.jobs.push(job);
      else if (!/\sinternal\s*$/.test(line))
        addProblem(reading.problems, FILE, i + 1, "not a service of inetd: it skips the line");
    }
    return reading;
  },
  atWork: { programs: ["inetd"] },
};

/** `service type protocol wait|nowait[.max] user[.group] program arguments…`; arguments begin with the program's own name. */
function jobOf(line: Untrusted, number: number): Job | null {
  const [service, type, protocol, wait, user, program, ...args] = line.trim().split(/[ \t]+/);
  const how = /^(?:no)?wait(?:\.(\d{1,9}))?$/.exec(wait ?? "");
  if (service === undefined || type === undefined || how === null || user === undefined || program === undefined)
    return null;
  if (program === "internal") return null;
  const isWrapper = /(?:^|\/)tcpd$/.test(program);
  const most = how[1] === undefined ? STARTS_A_MINUTE : Number(how[1]);
  return {
    supervisor: "inetd",
    unit: `${service}/${protocol}`,
    file: FILE,
    line: number,
    directive: wait as string,
    restarts: "on-demand",
    limit: { starts: most, seconds: 60 },
    atLimit: { action: "pause", seconds: PAUSE_SECONDS },
    delaySeconds: 0,
    command: [program, ...args.slice(1)].join(" "),
    // tcpd starts what its own name says (REAL_DAEMON_DIR).
    program: isWrapper ? (args[0] ?? program) : program,
    searchPath: isWrapper ? ["/usr/sbin"] : null,
    expects: null,
    // Whoever is waited for is one; the next is started when it has ended.
    ...(wait?.startsWith("wait") === true ? { atOnce: wait } : {}),
    settings: { User: user },
  };
}
