import type { Untrusted } from "../model/text.ts";

/** What an archive says of one file. */
export interface ArchiveEntry {
  /** Absolute, without `.` and `..`. */
  path: Untrusted;
  type: "file" | "directory" | "link" | "hard-link" | "other";
  /** 0..0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Names, or "" where the archive has numbers alone. */
  user: Untrusted;
  group: Untrusted;
  /** Seconds since 1970. */
  mtime: number;
  /** Bytes of content. */
  size: number;
  /** What a link holds, or the other name of a hard link (absolute); "" for the rest. */
  target: Untrusted;
  /** The attribute `security.capability`; null: none recorded. */
  capability: Uint8Array | null;
}

/** Takes the content of one entry, piece by piece. */
export interface ContentSink {
  write(bytes: Uint8Array): void;
  end(): void;
}

/** Says for each entry whether its content is wanted. Returning `"enough"` ends the reading. */
export type TakeEntry = (entry: ArchiveEntry) => ContentSink | null | "enough";

/** What reading an archive came to: whole, ended by the taker, or damaged at a byte of the unpacked stream. */
export type ReadingEnd = "whole" | "enough" | { damaged: string };

/** `./usr/sbin/atd` and `/usr/sbin/atd` are one; a name with `..` leads nowhere that may be believed: null. */
export function absolutePath(name: Untrusted): Untrusted | null {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? null : `/${parts.join("/")}`;
}
