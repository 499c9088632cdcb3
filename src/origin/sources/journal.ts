import { reasonOf } from "../../platform/errno.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

const FOLDERS = ["/var/log/journal", "/run/log/journal"];

/**
 * The journal of systemd: binary files that are not read here, and journalctl of an examined host is not trusted. So it says that
 * there is one, and how somebody else's journalctl reads it.
 */
export const journal: Source = {
  id: "journal",
  async look(question) {
    const telling = new Telling(this.id, question);
    for (const folder of FOLDERS) {
      try {
        const machines = question.root.list(folder) ?? [];
        const there = machines.filter((name) =>
          (question.root.list(`${folder}/${name}`) ?? []).some((file) => /\.journal~?$/.test(file)),
        );
        if (there.length === 0) continue;
        const arrival = question.moments.arrival;
        const since = arrival === null ? "" : ` --since @${Math.floor((arrival.ms - question.moments.around) / 1000)}`;
        telling.gaps.push({
          code: "origin.journal-not-read",
          what: folder,
          why: "journals of systemd are not read",
          remedy: `journalctl --utc --directory ${folder}/${/^[0-9a-f]{32}$/.test(there[0] ?? "") ? there[0] : "*"}${since}`,
        });
      } catch (error) {
        telling.gap("origin.unreadable", folder, reasonOf(error));
      }
    }
    return telling.gaps.length > 0 ? telling.end() : null;
  },
};
