import { redactLine } from "../../model/redact.ts";
import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { namesPath } from "../names.ts";
import { Telling, type Place } from "../told.ts";
import { usersOf } from "../users.ts";
import type { Source } from "../types.ts";

const FILES = [
  ".bash_history",
  ".zsh_history",
  ".ash_history",
  ".sh_history",
  ".history",
  ".local/share/fish/fish_history",
];
const MOST_USERS = 500;

/** Histories of the users' shells, read only when that was asked for. Anybody can edit his own; secrets are taken out. */
export const histories: Source = {
  id: "histories",
  async look(question) {
    if (!question.histories) return null;
    const telling = new Telling(this.id, question);
    const homes = new Map(usersOf(question.root).map(({ name, home }) => [home, name]));
    if (!homes.has("/root")) homes.set("/root", "root");
    const base = question.path.slice(question.path.lastIndexOf("/") + 1);
    const words = base.length < 3 ? question.names : [...question.names, base, `./${base}`];
    let found = false;
    for (const [home, user] of [...homes].slice(0, MOST_USERS)) {
      for (const file of FILES) {
        const path = `${home === "/" ? "" : home}/${file}`;
        let ms: number | null = null;
        const take = (command: Untrusted, at: number | null, place: Place): void => {
          if (at !== null && !telling.record(at, place, false)) return;
          if (at === null) telling.ledger.events++;
          const isNamed = namesPath(command, question.names);
          if (!isNamed && !namesPath(command, words) && (at === null || !question.moments.near(at))) return;
          const shown = redactLine(command);
          const relation = isNamed ? "file" : "around";
          telling.event(at, relation, "origin.command-typed", { user, command: shown }, { ...place, quote: shown });
        };
        const there = await readLog(question.root, path, telling, (line, place) => {
          // bash: a comment with the seconds, then the command; zsh: both in one line; fish: the command, then the time.
          const bash = /^#(\d{9,11})$/.exec(line);
          if (bash !== null) {
            ms = Number(bash[1]) * 1000;
            return;
          }
          const zsh = /^: (\d{9,11}):\d+;(.*)$/s.exec(line);
          if (zsh !== null) return take(zsh[2] as string, Number(zsh[1]) * 1000, place);
          const fish = /^- cmd: (.*)$/s.exec(line);
          if (line !== "" && !/^ {2}when: /.test(line)) take(fish?.[1] ?? line, ms, place);
          ms = null;
        });
        found ||= there;
      }
    }
    return found ? telling.end() : null;
  },
};
