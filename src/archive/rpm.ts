import type { Untrusted } from "../model/text.ts";
import { fileSource } from "../platform/file-source.ts";
import type { ByteSource } from "./ar.ts";
import { CpioReader } from "./cpio.ts";
import { absolutePath, type ArchiveEntry, type TakeEntry } from "./entry.ts";
import type { PackageFile } from "./package-file.ts";
import { unpackPart } from "./pieces.ts";
import { RpmHeader, TAG } from "./rpm-header.ts";

const LEAD = 96;
const LEAD_MAGIC = "edabeedb";
const HEADER_MAGIC = "8eade801";
/** Headers of a whole distribution's largest packages are a few megabytes. */
const LARGEST_HEADER = 256 << 20;
const GHOST = 64;
const LARGEST_PAYLOAD = 2 ** 40;

/** Whether it begins as an rpm package does (rpm's lib/rpmlead.c). */
export function isRpm(source: ByteSource): boolean {
  return Buffer.from(source(0, 4)).toString("hex") === LEAD_MAGIC;
}

/** Reads an .rpm: lead, header of signatures, header, then the payload: a packed cpio stream. */
export async function readRpm(fd: number, take: TakeEntry): Promise<PackageFile> {
  const source = fileSource(fd);
  const signatures = headerAt(source, LEAD);
  // The header of signatures is padded to eight bytes.
  const header = signatures === null ? null : headerAt(source, LEAD + Math.ceil(signatures.length / 8) * 8);
  const nothing = {
    kind: "rpm",
    name: "",
    version: "",
    architecture: "",
    scripts: new Map<string, Untrusted>(),
  } as const;
  if (header === null) return { ...nothing, damaged: "its headers are no rpm headers" };
  const release = header.header.string(TAG.release);
  const epoch = header.header.number(TAG.epoch);
  const about = {
    ...nothing,
    name: header.header.string(TAG.name) ?? "",
    version: `${epoch ? `${epoch}:` : ""}${header.header.string(TAG.version) ?? ""}${release === null ? "" : `-${release}`}`,
    architecture: header.header.string(TAG.arch) ?? "",
  };
  const entries = entriesOf(header.header);
  const places = new Map(entries.map((entry, index) => [entry.path, index]));
  const reader = new CpioReader(
    ({ name, index }) => {
      const at = index ?? places.get(absolutePath(name ?? "") ?? "");
      const entry = at === undefined ? undefined : entries[at];
      return entry === undefined ? null : take(entry);
    },
    (index) => entries[index]?.size ?? Number.NaN,
  );
  const damaged = await unpackPart(fd, header.end, LARGEST_PAYLOAD, (bytes) => reader.push(bytes));
  return { ...about, damaged: damaged ?? reader.damaged };
}

interface PlacedHeader {
  header: RpmHeader;
  /** Bytes of it, magic included. */
  length: number;
  end: number;
}

/** A header on disk: magic and four reserved bytes, then as in the database. */
function headerAt(source: ByteSource, at: number): PlacedHeader | null {
  const head = Buffer.from(source(at, 16));
  if (head.length < 16 || head.toString("hex", 0, 4) !== HEADER_MAGIC) return null;
  const length = 8 + head.readUInt32BE(8) * 16 + head.readUInt32BE(12);
  if (length > LARGEST_HEADER) return null;
  const bytes = Buffer.from(source(at + 8, length));
  const header = bytes.length === length ? RpmHeader.read(bytes) : null;
  return header === null ? null : { header, length: length + 8, end: at + 8 + length };
}

/** Files in the order of the header's tags. */
function entriesOf(header: RpmHeader): ArchiveEntry[] {
  const directories = header.strings(TAG.directoryNames);
  const indexes = header.numbers(TAG.directoryIndexes);
  const [names, users, groups, links] = [TAG.baseNames, TAG.fileUserName, TAG.fileGroupName, TAG.fileLinks].map((tag) =>
    header.strings(tag),
  );
  const [modes, sizes, times, flags] = [TAG.fileModes, TAG.fileSizes, TAG.fileTimes, TAG.fileFlags].map((tag) =>
    header.numbers(tag),
  );
  return (names ?? []).flatMap((name, index) => {
    const mode = modes?.[index] ?? 0;
    const path = absolutePath(`${directories[indexes[index] ?? -1] ?? ""}${name}`) ?? "";
    return {
      path: ((flags?.[index] ?? 0) & GHOST) === 0 ? path : "",
      type: TYPES[mode >> 12] ?? "other",
      mode: mode & 0o7777,
      // An rpm names users; numbers are those of the host that it is installed on.
      uid: 0,
      gid: 0,
      user: users?.[index] ?? "",
      group: groups?.[index] ?? "",
      mtime: times?.[index] ?? 0,
      size: sizes?.[index] ?? 0,
      target: links?.[index] ?? "",
      capability: null,
    };
  });
}

const TYPES: Readonly<Record<number, ArchiveEntry["type"]>> = { 4: "directory", 8: "file", 10: "link" };
