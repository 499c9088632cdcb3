import { examiner, type Examiner } from "../identity/index.ts";
import { withArchive } from "../identity/evidence/archive-evidence.ts";
import type { Coverage, IdentifiedFile, NotLooked, SeenAs } from "../identity/result.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { FileRules } from "../rules/index.ts";
import { Findings } from "./findings.ts";
import { identified, withReasons } from "./identified.ts";
import { preloadedFiles } from "./preload.ts";
import { ProcessPrograms } from "./process-programs.ts";
import { readAhead } from "./read-ahead.ts";
import { errorOf, programsIn, searchDirectories } from "./search-paths.ts";
import { setIdPrograms } from "./set-id.ts";
import { setIdThread } from "./set-id-thread.ts";
import { supervisedCommands } from "./supervised.ts";
import type { Sighting, Unlisted } from "./types.ts";

export { identified, withReasons } from "./identified.ts";
export { ProcessPrograms } from "./process-programs.ts";

export interface SurveyOptions {
  /** Whether the root is this host's and lives, so that its processes are looked at, too. */
  live: boolean;
  /** Of the root, where it is at hand: its package database is then read once. */
  examiner?: Examiner;
  /** Rules that are looked for in every file. */
  rules?: FileRules;
  /** Whether set-id programs are looked for without a bound in time and number. */
  everywhere?: boolean;
  /** Told how many directories were looked through for set-id programs. */
  searching?: (directories: number) => void;
  /** Told now and then how far it is. */
  progress(done: number, of: number): void;
}

export interface Survey extends Coverage {
  /** What is not in order or cannot be told, the worst first, each file once. */
  identities: IdentifiedFile[];
  couldNotLook: NotLooked[];
}

/**
 * Judges every program of a root that something could start: all in the search paths, set-id programs wherever they are, what
 * its supervisors are told to start, what the loader preloads, and on a live host what runs.
 */
export async function survey(root: Root, options: SurveyOptions): Promise<Survey> {
  const supervised = supervisedCommands(root);
  const unlisted: Unlisted[] = [...supervised.refused];
  const searched = searchDirectories(root, supervised.searchPaths, options.live);
  const { live, everywhere = false, searching = () => undefined } = options;
  const looking = setIdThread({ dir: root.dir, live, searched, everywhere }, searching);
  looking.begin();
  const sightings = [
    ...supervised.sightings,
    ...preloadedFiles(root, unlisted),
    ...searched.flatMap((directory) => programsIn(root, directory, unlisted)),
  ];
  const findings = new Findings();
  // Processes first: how many there are is part of the account, and some of them end soon.
  const who = options.examiner ?? examiner(root);
  await readAhead(root, who, merged(root, sightings).keys());
  const processes = options.live ? await lookAtProcesses(findings, new ProcessPrograms(who, options.rules)) : null;
  const setId = (await looking.answer()) ?? setIdPrograms(root, { live, searched, everywhere, progress: searching });
  await looking.end();
  unlisted.push(...setId.refused);
  const entries = merged(root, [...sightings, ...setId.sightings]);
  let done = 0;
  for (const [path, { seen, standsBefore }] of entries) {
    if (done % 64 === 0) options.progress(done, entries.size);
    done++;
    try {
      const matches = (await options.rules?.matches(root, path)) ?? [];
      const owner = matches.length > 0 ? null : who.asShipped(path);
      if (owner !== null) findings.asShipped();
      else if (matches.length === 0 && standsBefore === undefined && who.isLocal(path)) findings.local();
      else {
        const context = standsBefore === undefined ? {} : { standsBefore };
        const { identity } = await withArchive(root, who.identify(path, context), false);
        findings.add(withReasons(root, identified(root, identity, null), matches), seen);
      }
    } catch (error) {
      unlisted.push({ where: path, error: errorOf(error) });
    }
  }
  const couldNotLook = eachOnce(unlisted).map(({ where, error }) => {
    return { what: where, code: "identify.cannot-list", args: { path: where, error }, error };
  });
  return {
    ...findings.result(),
    found: entries.size + couldNotLook.length + (processes?.found ?? 0),
    searched,
    supervised: supervised.sightings.length,
    setId: { programs: setId.sightings.length, names: setId.names, isWhole: setId.isWhole },
    running: processes?.running ?? null,
    couldNotLook: [...couldNotLook, ...(processes?.couldNotLook ?? [])],
  };
}

/** A folder may be a search path, and hold configuration, too. */
function eachOnce(unlisted: readonly Unlisted[]): Unlisted[] {
  return [...new Map(unlisted.map((one) => [`${one.error} ${one.where}`, one])).values()];
}

interface Entry {
  seen: SeenAs[];
  standsBefore?: Untrusted;
}

/** Each entry once, by its canonical path, with all the ways by which it was come upon. */
function merged(root: Root, sightings: readonly Sighting[]): Map<Untrusted, Entry> {
  const entries = new Map<Untrusted, Entry>();
  for (const { path, seen, standsBefore } of sightings) {
    const key = canonical(root, path);
    const entry = entries.get(key) ?? { seen: [] };
    entry.seen.push(seen);
    if (standsBefore !== undefined) entry.standsBefore ??= standsBefore;
    entries.set(key, entry);
  }
  return entries;
}

function canonical(root: Root, path: Untrusted): Untrusted {
  try {
    return root.canonical(path) ?? path;
  } catch {
    // A folder on the way that may not be searched: judging it will say so.
    return path;
  }
}

interface LookedAtProcesses {
  /** Programs that run, each file once. */
  found: number;
  /** Processes with a program. */
  running: number;
  couldNotLook: NotLooked[];
}

const ENDED: ReadonlySet<string> = new Set(["identify.process-ended", "identify.no-process", "identify.zombie"]);

/** Judges what runs, each file once: the first process that runs it stands for the others. */
async function lookAtProcesses(findings: Findings, programs: ProcessPrograms): Promise<LookedAtProcesses> {
  const couldNotLook: NotLooked[] = [];
  const known = new Set<string>();
  let running = 0;
  // A copy: each judgement looks again.
  for (const facts of Array.from(programs.look().values())) {
    // This process knows what it runs.
    if (facts.kernelThread || facts.state === "Z" || facts.pid === process.pid) continue;
    running++;
    const file = programs.fileOf(facts);
    const subject = await programs.subjectOf(facts);
    const key = `${facts.exe} ${file} ${facts.mountNamespace} ${subject ?? ""}`;
    if (file !== null && known.has(key)) continue;
    known.add(key);
    if (!(await programs.matchesRules(facts)) && (await programs.asShipped(facts)) !== null) {
      findings.asShipped();
      continue;
    }
    const answer = await programs.identify(facts.pid);
    const { pid, comm } = facts;
    if ("verdict" in answer) findings.add(answer, [{ how: "running", pid, comm }]);
    // One that has ended meanwhile runs nothing: nothing is left out.
    else if (ENDED.has(answer.code)) known.delete(key);
    else couldNotLook.push(answer);
  }
  return { found: known.size, running, couldNotLook };
}
