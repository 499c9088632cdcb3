import { atOnce } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { readConfiguration } from "../supervisors/index.ts";
import type { Sighting, Unlisted } from "./types.ts";

/** What the supervisors of a root are told to start, and the directories in which they search. */
export interface Supervised {
  sightings: Sighting[];
  searchPaths: Set<Untrusted>;
  /** Files and folders of theirs that the system refused to read, each once. */
  refused: Unlisted[];
}

/** Every command of every supervisor whose configuration is in the root. */
export function supervisedCommands(root: Root): Supervised {
  const { jobs, problems } = atOnce(readConfiguration(root));
  const sightings: Sighting[] = [];
  const searchPaths = new Set<Untrusted>();
  for (const { job, resolution } of jobs) {
    for (const directory of job.searchPath ?? []) searchPaths.add(directory);
    const { resolvesTo, shadows } = resolution;
    if (resolvesTo === null) continue;
    const { supervisor, unit, file } = job;
    const [standsBefore] = shadows ?? [];
    sightings.push({
      path: resolvesTo,
      seen: { how: "supervised", supervisor, unit, file },
      ...(standsBefore === undefined ? {} : { standsBefore }),
    });
  }
  const refused = new Map<Untrusted, Unlisted>();
  for (const { file, refused: error } of problems) if (error !== undefined) refused.set(file, { where: file, error });
  return { sightings, searchPaths, refused: [...refused.values()] };
}
