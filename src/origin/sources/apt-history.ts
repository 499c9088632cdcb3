import type { Untrusted } from "../../model/text.ts";
import { readLog } from "../logs/lines.ts";
import { stamped } from "../logs/stamp.ts";
import { Telling, type Place } from "../told.ts";
import type { Question, Source } from "../types.ts";

const CHANGES = ["Install", "Reinstall", "Upgrade", "Downgrade", "Remove", "Purge"];
const NAMED = 5;

/** apt's history.log: a paragraph a run, with the command line and who asked for it. Local time. */
export const aptHistory: Source = {
  id: "apt-history",
  async look(question) {
    const telling = new Telling(this.id, question);
    let paragraph: Paragraph | null = null;
    const finish = (): void => {
      if (paragraph !== null) tell(question, telling, paragraph);
      paragraph = null;
    };
    let file = "";
    const found = await readLog(question.root, "/var/log/apt/history.log", telling, (line, place) => {
      if (place.file !== file || line === "") finish();
      file = place.file;
      if (line === "") return;
      const field = /^([A-Z][A-Za-z-]*): ?(.*)$/.exec(line);
      if (field === null) return telling.skip(place, "no field");
      paragraph ??= { place: { ...place, quote: null }, fields: new Map() };
      if (paragraph.fields.size < 64) paragraph.fields.set(field[1] as string, field[2] as string);
    });
    finish();
    return found ? telling.end() : null;
  },
};

interface Paragraph {
  place: Place;
  fields: Map<string, Untrusted>;
}

function tell({ packages, moments, zone }: Question, telling: Telling, { place, fields }: Paragraph): void {
  const start = stamped(fields.get("Start-Date") ?? "", zone);
  if (start === null) return telling.skip(place, "a paragraph without Start-Date");
  if (!telling.record(start.ms, place, true)) return;
  const names: Untrusted[] = [];
  for (const change of CHANGES) {
    for (const [, name] of (fields.get(change) ?? "").matchAll(/([a-z0-9][a-z0-9+.-]*):[a-z0-9-]+ \(/g))
      names.push(name as string);
  }
  const own = names.find((name) => packages.includes(name));
  if (own === undefined && !moments.near(start.ms)) return;
  const command = fields.get("Commandline") ?? null;
  const end = stamped(fields.get("End-Date") ?? "", zone);
  telling.event(
    start.ms,
    own === undefined ? "around" : "package",
    "origin.apt-run",
    {
      command,
      by: fields.get("Requested-By") ?? null,
      package: own ?? null,
      count: new Set(names).size,
      packages: names.slice(0, NAMED),
      error: fields.get("Error") ?? null,
    },
    { ...place, quote: command },
    end?.ms ?? null,
  );
}
