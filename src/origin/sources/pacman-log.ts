import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { tellManagerLine, type ManagerLine } from "../logs/manager-line.ts";
import { stamped } from "../logs/stamp.ts";
import { Transactions } from "../logs/transactions.ts";
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
    const found = await readLog(question.root, "/var/log/pacman.log", telling, (line, place) => {
      const at = stamped(line, question.zone);
      // Output of scripts goes on over several lines.
      if (at === null) return;
      if (!telling.record(at.ms, place, true)) return;
      tellManagerLine(meaningOf(at.rest), at.ms, at.rest, place, question, telling, others);
    });
    others.end();
    return found ? telling.end() : null;
  },
};

function meaningOf(rest: Untrusted): ManagerLine {
  const action = ACTION.exec(rest);
  if (action !== null) {
    const [, doing = "", name = "", version = ""] = action;
    return { action: doing, name, version: version.split(" -> ").at(-1) ?? null };
  }
  const command = COMMAND.exec(rest);
  return command === null ? null : { command: command[1] ?? "" };
}
