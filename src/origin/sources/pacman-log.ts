import { readLog } from "../logs/lines.ts";
import { stamped } from "../logs/stamp.ts";
import { Transactions } from "../logs/transactions.ts";
import { namesPath } from "../names.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

const ACTION = /^\[ALPM\] (installed|reinstalled|upgraded|downgraded|removed) (\S+) \((.*)\)$/;
const COMMAND = /^\[PACMAN\] Running '(.*)'$/;

/** pacman.log (pacman.conf(5), LogFile): `[2026-11-29T17:05:01+0100] [ALPM] installed at (3.2.5-1)`. */
export const pacmanLog: Source = {
  id: "pacman.log",
  async look(question) {
    const telling = new Telling(this.id, question);
    const others = new Transactions(telling, question.moments);
    const { packages, names, zone, moments } = question;
    const found = await readLog(question.root, "/var/log/pacman.log", telling, (line, place) => {
      const at = stamped(line, zone);
      // Output of scripts goes on over several lines.
      if (at === null) return;
      if (!telling.record(at.ms, place, true)) return;
      const action = ACTION.exec(at.rest);
      if (action !== null) {
        const [, doing, name = "", version = ""] = action;
        const args = { action: doing, package: name, version: version.split(" -> ").at(-1) };
        if (packages.includes(name)) telling.event(at.ms, "package", "origin.package-action", args, place);
        else others.add(at.ms, name, place);
        return;
      }
      const command = COMMAND.exec(at.rest);
      if (command !== null && moments.near(at.ms))
        telling.event(at.ms, "around", "origin.manager-run", { command: command[1] }, place);
      else if (namesPath(at.rest, names))
        telling.event(at.ms, "file", "origin.install-output", { line: at.rest }, place);
    });
    others.end();
    return found ? telling.end() : null;
  },
};
