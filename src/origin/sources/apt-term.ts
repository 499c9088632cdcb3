import { readLog } from "../logs/lines.ts";
import { stamped } from "../logs/stamp.ts";
import { namesPath } from "../names.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

/** apt's term.log: what dpkg and the scripts of packages printed, between `Log started` and `Log ended`, local time. */
export const aptTerm: Source = {
  id: "apt-term",
  async look(question) {
    const telling = new Telling(this.id, question);
    let started: number | null = null;
    let file = "";
    const found = await readLog(question.root, "/var/log/apt/term.log", telling, (line, place) => {
      if (place.file !== file) started = null;
      file = place.file;
      const mark = /^Log (started|ended): (.*)$/.exec(line);
      if (mark !== null) {
        const at = stamped(mark[2] as string, question.zone);
        if (at === null) return telling.skip(place, "no time");
        if (telling.record(at.ms, place, true)) started = mark[1] === "started" ? at.ms : null;
        return;
      }
      if (namesPath(line, question.names)) telling.event(started, "file", "origin.install-output", { line }, place);
    });
    return found ? telling.end() : null;
  },
};
