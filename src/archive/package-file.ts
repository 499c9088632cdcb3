import { fileSource } from "../platform/file-source.ts";
import type { Untrusted } from "../model/text.ts";
import { isApk, readApk } from "./apk.ts";
import type { TakeEntry } from "./entry.ts";
import { isDeb, readDeb } from "./deb.ts";
import { readPacman } from "./pacman.ts";
import { isRpm, readRpm } from "./rpm.ts";

/** What a package file says of itself. */
export interface PackageFile {
  kind: "deb" | "rpm" | "apk" | "pacman";
  name: string;
  version: string;
  architecture: string;
  /** What was damaged; null: it was read as far as wanted. */
  damaged: string | null;
  /** Scripts of the package by kind (`postinst`). */
  scripts: ReadonlyMap<string, Untrusted>;
}

/**
 * Reads an open package file: entries in the order of the archive, with the content of those that `take` wants. Null when it
 * is none of a kind known here. Never throws for what it holds.
 */
export async function readPackageFile(fd: number, take: TakeEntry): Promise<PackageFile | null> {
  const source = fileSource(fd);
  if (isDeb(source)) return readDeb(fd, take);
  if (isRpm(source)) return readRpm(fd, take);
  return isApk(source, fd) ? readApk(fd, take) : readPacman(fd, take);
}
