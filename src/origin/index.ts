import { statfsSync } from "node:fs";
import { examiner, type Examiner, type Identity } from "../identity/index.ts";
import { directoryOf } from "../identity/places.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import { reasonOf } from "../platform/errno.ts";
import { mergedDirectories, namesOf } from "../platform/merged.ts";
import type { Root } from "../platform/root.ts";
import { fileSystemName, fileTimes, momentsOf, timesOf } from "./file-times.ts";
import { isoMs } from "./iso.ts";
import { Zone } from "./logs/zone.ts";
import { Moments, type Moment } from "./moments.ts";
import { byTime, byWeight } from "./order.ts";
import { ORIGIN_SCHEMA, type Origin, type SourceAccount } from "./result.ts";
import { signs } from "./signs/index.ts";
import { sources } from "./sources/index.ts";
import type { FileInQuestion, Question, Told } from "./types.ts";
import { verdictOf } from "./verdict.ts";

export type { Origin, OriginEvent, Sign } from "./result.ts";

export interface OriginOptions {
  version: string;
  root: Root;
  /** Absolute, as seen from inside the root. */
  path: Untrusted;
  /** Seconds. */
  around: number;
  /** Whether the root is that of this living host. */
  live: boolean;
  histories: boolean;
  /** Milliseconds since 1970. */
  now: number;
  /** Of the root; its package database is read once. */
  examiner?: Examiner;
  /** What this tool stands on, which others found out. */
  footing?: Footing;
  /** Told before each source is looked into. */
  progress(source: string): void;
}

/** How a file came to its place, as far as anything tells. Never throws for what it finds. */
export async function originOf(options: OriginOptions): Promise<Origin> {
  const gaps: CouldNotLook[] = [];
  const question = ask(options, gaps);
  const told: { id: string; what: Told }[] = [];
  for (const source of question.file === null && question.packages.length === 0 ? [] : sources) {
    options.progress(source.id);
    const what = await source.look(question);
    if (what === null) {
      if (EXPECTED.has(source.id)) gaps.push(gap("origin.no-such-source", source.id, "there is none"));
      continue;
    }
    told.push({ id: source.id, what });
    gaps.push(...what.gaps, ...beginsLater(source.id, what, question.moments.arrival));
  }
  const events = told.flatMap(({ what }) => what.events).sort(byTime);
  const { file, identity, root, path } = question;
  const about = file === null ? [] : signs.flatMap((sign) => sign({ question, file, events }));
  return {
    schema: ORIGIN_SCHEMA,
    tool: { name: "whoforks", version: options.version },
    asked: options.path,
    root: root.dir,
    path,
    verdict: verdictOf(question, events),
    identity: identity === null ? null : { verdict: identity.verdict, owner: identity.owner, claims: identity.claims },
    times: file === null ? [] : timesOf(file),
    fileSystem: file === null ? null : fileSystemOf(root, path),
    aroundSeconds: options.around,
    signs: [...about, ...told.flatMap(({ what }) => what.signs)].sort(byWeight),
    events,
    sources: told.map(({ id, what }) => account(id, what)),
    couldNotLook: eachOnce(gaps),
    footing: options.footing ?? null,
  };
}

/** Several sources may be in one folder that cannot be read. */
function eachOnce(gaps: readonly CouldNotLook[]): CouldNotLook[] {
  return [...new Map(gaps.map((one) => [[one.code, one.what, one.why].join(" "), one])).values()];
}

/** Whose absence is worth a word: the others belong to other systems. */
const EXPECTED = new Set(["audit", "wtmp", "btmp", "auth-log"]);

function ask(options: OriginOptions, gaps: CouldNotLook[]): Question {
  const { root, around, live, histories, now } = options;
  const path = quietly(() => root.canonical(options.path)) ?? options.path;
  const files = options.examiner ?? examiner(root);
  let file: FileInQuestion | null = null;
  try {
    const stat = root.lstat(path);
    file = stat === null ? null : fileTimes(stat);
  } catch (error) {
    gaps.push(gap("origin.unreadable", path, reasonOf(error)));
  }
  let identity: Identity | null = null;
  try {
    identity = files.identify(path);
  } catch (error) {
    gaps.push(gap("origin.no-identity", path, reasonOf(error)));
  }
  const { ledger } = files;
  if (files.packages === 0 && ledger !== null && ledger.skipped > 0)
    gaps.push(gap("origin.no-identity", path, `the database of ${files.manager} cannot be read`));
  if (file !== null && file.birth === null) gaps.push(gap("origin.no-birth", path, "no time of birth is kept"));
  const zone = Zone.of(root);
  if (!zone.known) gaps.push(gap("origin.no-zone", "/etc/localtime", "the time zone of the logs is taken as UTC"));
  const real = quietly(() => root.realpath(path));
  const merged = mergedDirectories(root);
  const names = [...new Set([path, options.path, ...(real === null ? [] : [real]), ...namesOf(path, merged)])];
  const packages = [identity?.owner?.package, identity?.claims?.package].filter((name) => name !== undefined);
  const moments = new Moments(file === null ? [] : momentsOf(file), around * 1000);
  return { root, path, names, file, identity, packages, moments, zone, examiner: files, now, live, histories };
}

function fileSystemOf(root: Root, path: Untrusted): string | null {
  return quietly(() => fileSystemName(statfsSync(Buffer.from(root.hostPath(directoryOf(path)))).type));
}

/** A log whose oldest record is younger than the file cannot tell of its coming: it was rotated away, or emptied. */
function beginsLater(id: string, { span, files }: Told, arrival: Moment | null): CouldNotLook[] {
  if (NO_LOGS.has(id) || arrival === null) return [];
  const [file = id] = files;
  if (span === null) return files.length === 0 ? [] : [gap("origin.empty", file, "it has no records")];
  if (span.from <= arrival.ms) return [];
  return [gap("origin.begins-later", file, `its oldest record is of ${isoMs(span.from)}`)];
}

const NO_LOGS = new Set(["processes", "files", "utmp", "lastlog", "histories"]);

function account(id: string, { files, ledger, span, leftOut }: Told): SourceAccount {
  const { events: records, skipped, examples } = ledger;
  const [from, to] = span === null ? [null, null] : [isoMs(span.from), isoMs(span.to)];
  return { id, files: files.slice(0, 50), records, skipped, examples, from, to, leftOut };
}

function gap(code: string, what: Untrusted, why: string): CouldNotLook {
  return { code, what, why, remedy: null };
}

/** Null for what the file system refuses: it is told where it matters. */
function quietly<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
