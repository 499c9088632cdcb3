import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { answerFor, type Surrounding } from "./answer.ts";
import { differences, traits } from "./appearance.ts";
import { LARGEST_READ } from "./content.ts";
import { inodeFlags, inspect, type InspectedFile } from "./file-facts.ts";
import { metadataReasons } from "./metadata.ts";
import { otherOwnerReasons } from "./other-owners/index.ts";
import { ownership } from "./ownership.ts";
import type { PackageDatabase, ShippedDigest } from "./package-database.ts";
import { directoryOf, lastName, placeOf, type Place } from "./places.ts";
import { resemblances } from "./resemblance.ts";
import { runningReasons } from "./running.ts";
import { interpreterReasons } from "./script.ts";
import { techniquesOf } from "./techniques.ts";
import { reason } from "./reasons.ts";
import { findMovedOriginal, findNamesake, findTwins, type Twin } from "./twins.ts";
import { attempt, type Unread } from "./unread.ts";
import type { IdentifyContext, Identity, Reason } from "./types.ts";
import { judge, type FileCase, type Packaged } from "./verdict.ts";

/** Identity of a path that leads to something; null when it leads nowhere. */
export function identifyPresent(at: Surrounding, path: Untrusted, context: IdentifyContext): Identity | null {
  const { root, database, state } = at;
  const file = inspect(root, path, database?.algorithms);
  const entry = root.canonical(path);
  const real = root.realpath(path);
  if (file === null || entry === null || real === null) return null;

  const found = answerFor(at, entry, real, file.content?.digests ?? null);
  const place = placeOf(entry);
  const namesake =
    found.owned === null && database !== null && isProgram(file, place) ? findNamesake(root, database, entry) : null;
  const standsBefore = packagedAt(at, context.standsBefore, entry);
  const claims = found.owned === null ? (standsBefore ?? namesake) : null;
  const unread: Unread = [];
  const known = [standsBefore, namesake].flatMap((one) => one?.path ?? []);
  const twins = findTwins(root, entry, file.identity, known, unread);
  const genuine = claims === null ? null : attempt(unread, claims.path, null, () => inspect(root, claims.path));
  const directory = directoryOf(entry);
  const fileCase: FileCase = {
    entry,
    directory,
    place,
    directoryOwned: database !== null && place === "ruled" && database.ownersOf(directory).length > 0,
    ownership: found.owned,
    digests: file.content?.digests ?? null,
    database: state,
    namesake,
    standsBefore,
    sameContent: genuine?.content != null && genuine.content.sha256 === file.content?.sha256,
    diverted: found.diverted,
  };
  const { verdict, reasons, attack } = judge(fileCase);
  reasons.push(...found.reasons, ...unreadReasons(path, file));
  if (file.rights !== null && file.type === "file")
    reasons.push(...metadataReasons(at, real, found.owned, file.rights));
  if (verdict === "modified" && found.owned?.shipped)
    reasons.push(...movedOriginal(root, entry, found.owned.shipped, unread));
  const suspicious = verdict === "impostor" || verdict === "modified" || verdict === "unpackaged";
  if (suspicious || verdict === "local") {
    const flags = suspicious ? inodeFlags(root, real) : [];
    file.facts.flags.push(...flags);
    if (suspicious && genuine !== null && !fileCase.sameContent) reasons.push(...differences(file, genuine));
    if (verdict !== "modified" && database !== null)
      reasons.push(...disguises(root, database, entry, file, claims, unread));
    reasons.push(...look(file, at, place, suspicious));
  }
  if (found.owned === null && file.type === "file") reasons.push(...otherOwnerReasons(root, real));
  if (file.content !== null) reasons.push(...interpreterReasons(at, file.content.head));
  if (context.process !== undefined) reasons.unshift(...runningReasons(at, path, file, context.process));
  reasons.push(...unread.map((one) => reason("identity.cannot-read", "weak", one)));
  for (const technique of techniquesOf(reasons)) if (!attack.includes(technique)) attack.push(technique);
  return {
    path,
    root: root.dir,
    verdict,
    owner: found.owned?.by.owner ?? null,
    claims,
    file: file.facts,
    elf: file.elf,
    twins: twins.map((twin) => describeTwin(at, twin)),
    reasons,
    attack,
  };
}

/** Whether a packaged program's name on it means anything: /etc/passwd is no passwd(1), nor is /etc/init.d/cron a cron. */
function isProgram({ type, mode }: InspectedFile, place: Place): boolean {
  if (type !== "file" || place === "other") return false;
  return place === "programs" || (mode & 0o111) !== 0;
}

function packagedAt({ root, database }: Surrounding, path: Untrusted | undefined, entry: Untrusted): Packaged | null {
  if (path === undefined || database === null) return null;
  const { entry: other, owners } = ownership(root, database, path);
  const [first] = owners;
  return first === undefined || other === entry ? null : { package: first.owner.package, path: other };
}

function unreadReasons(path: Untrusted, file: InspectedFile): Reason[] {
  const { error, type, facts, content, allocated, changing } = file;
  if (error !== null) return [reason("identity.cannot-read", "weak", { path, error })];
  if (type !== "file") return [reason("identity.not-a-regular-file", "weak", { type })];
  if (changing) return [reason("identity.changes-while-read", "medium", { path })];
  if (content === null && facts.size <= LARGEST_READ)
    return [reason("identity.sparse", "medium", { size: facts.size, allocated })];
  if (content === null)
    return [reason("identity.too-large-to-read", "weak", { size: facts.size, limit: LARGEST_READ })];
  return [];
}

function movedOriginal(root: Root, entry: Untrusted, shipped: ShippedDigest, unread: Unread): Reason[] {
  const path = findMovedOriginal(root, entry, shipped, unread);
  return path === null ? [] : [reason("identity.genuine-digest-elsewhere", "strong", { path, digest: shipped.hex })];
}

/** What a file that nobody owns pretends by its name, or hides by it. */
function disguises(
  root: Root,
  database: PackageDatabase,
  entry: Untrusted,
  { type, content, mode }: InspectedFile,
  claims: Packaged | null,
  unread: Unread,
): Reason[] {
  if (type !== "file" || (mode & 0o111) === 0) return [];
  const alike = claims === null ? resemblances(root, database, entry, unread) : [];
  const packaged = content === null || content.size === 0 ? null : database.shippedAs(content.digests);
  if (packaged === null || lastName(packaged.path) === lastName(entry)) return alike;
  return [...alike, reason("identity.content-of-packaged", "medium", packaged)];
}

/** Traits of its look; for programs in local places only those that matter anywhere. */
function look(file: InspectedFile, { database }: Surrounding, place: Place, everything: boolean): Reason[] {
  const installedThen = !everything || (database?.installedAround(file.ctime, 600) ?? false);
  const ruled = place === "programs" || place === "ruled";
  const found = traits(file, { ruled, architecture: database?.architecture ?? null, installedThen });
  return everything ? found : found.filter(({ code }) => ANYWHERE.has(code));
}

const ANYWHERE: ReadonlySet<string> = new Set(["identity.set-uid-unowned", "identity.elf-32-on-64"]);

function describeTwin({ root, database }: Surrounding, { path, file }: Twin): Identity["twins"][number] {
  const owner = database === null ? null : (ownership(root, database, path).owners[0]?.owner ?? null);
  return { path, owner, size: file.facts.size, sha256: file.facts.sha256 };
}
