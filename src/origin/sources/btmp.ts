import type { Untrusted } from "../../model/text.ts";
import { readRecordFiles } from "../logins/record-file.ts";
import { readRecords } from "../logins/read.ts";
import { Telling } from "../told.ts";
import type { Source } from "../types.ts";

const UNIT = 384 * 400;
const NAMED = 5;

/** btmp (utmp(5)): logins that failed. Those near a time of the file are one event for each kind of them. */
export const btmp: Source = {
  id: "btmp",
  async look(question) {
    const telling = new Telling(this.id, question);
    const files = await readRecordFiles(question.root, "/var/log/btmp", UNIT, telling);
    if (files.length === 0) return telling.gaps.length > 0 ? telling.end() : null;
    for (const { path, bytes, skipped } of files) {
      const near = readRecords(path, bytes, skipped, telling).records.filter(({ ms }) => question.moments.near(ms));
      const [first, last] = [near[0], near.at(-1)];
      if (first === undefined || last === undefined) continue;
      const args = {
        count: near.length,
        users: distinct(near.map(({ user }) => user)),
        hosts: distinct(near.map(({ host, address }) => (host === "" ? (address ?? "") : host))),
      };
      const place = { file: path, at: `records ${first.index} to ${last.index}`, quote: null };
      telling.event(first.ms, "around", "origin.failed-logins", args, place, near.length > 1 ? last.ms : null);
    }
    return telling.end();
  },
};

/** The most frequent first. */
function distinct(values: readonly Untrusted[]): Untrusted[] {
  const counts = new Map<Untrusted, number>();
  for (const value of values) if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, NAMED)
    .map(([value]) => value);
}
