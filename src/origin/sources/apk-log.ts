import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { stamped } from "../logs/stamp.ts";
import { Zone } from "../logs/zone.ts";
import { Transactions } from "../logs/transactions.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

const RUN = /^Running `(.*)` at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/;
const ACTION = /^\(\d+\/\d+\) (Installing|Reinstalling|Upgrading|Downgrading|Replacing|Purging) (\S+) \((.*)\)/;

export const APK_LOG = "/var/log/apk.log";

/** When the run began of which a line tells, ms since 1970; null: it begins none. Times are in UTC. */
export function apkRunAt(line: Untrusted): number | null {
  const [, , time] = RUN.exec(line) ?? [];
  const utc = Zone.named("UTC");
  return time === undefined || utc === null ? null : (stamped(time, utc)?.ms ?? null);
}

/** apk.log (apk-tools src/print.c, apk_out_log_argv): a command line with its time in UTC, then what it did. */
export const apkLog: Source = {
  id: "apk.log",
  async look(question) {
    const telling = new Telling(this.id, question);
    const others = new Transactions(telling, question.moments);
    const utc = Zone.named("UTC") ?? question.zone;
    let run: { ms: number; file: string } | null = null;
    const found = await readLog(question.root, APK_LOG, telling, (line, place) => {
      const started = RUN.exec(line);
      if (started !== null) {
        const at = stamped(started[2] as string, utc);
        run = at !== null && telling.record(at.ms, place, true) ? { ms: at.ms, file: place.file } : null;
        if (run !== null && question.moments.near(run.ms))
          telling.event(run.ms, "around", "origin.manager-run", { command: started[1] }, place);
        return;
      }
      const action = ACTION.exec(line);
      if (action === null || run === null || run.file !== place.file) return;
      const [, doing = "", name = "", version = ""] = action;
      const args = { action: doing.toLowerCase(), package: name, version: version.split(" -> ").at(-1) };
      if (question.packages.includes(name)) telling.event(run.ms, "package", "origin.package-action", args, place);
      else others.add(run.ms, name, place);
    });
    others.end();
    return found ? telling.end() : null;
  },
};
