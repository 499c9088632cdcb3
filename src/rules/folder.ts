import type { Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";
import type { Root } from "../platform/root.ts";
import type { RuleFile } from "./messages.ts";

/** Bounds of what is read: bytes of one file and of all, and how many. */
const LARGEST = 8 << 20;
const MOST_BYTES = 64 << 20;
const MOST_FILES = 4096;

/** A file of rules that is not used: errno name, `too-large`, `not-regular`, or `too-many`. */
export interface UnreadRules {
  file: Untrusted;
  why: string;
}

/**
 * The files `*.yar` and `*.yara` of one folder of this host, in the order of their names; folders in it are not entered.
 * Null: there is no such folder.
 */
export function readRules(host: Root, folder: Untrusted): { files: RuleFile[]; unread: UnreadRules[] } | null {
  const names = host.list(folder);
  if (names === null) return null;
  const files: RuleFile[] = [];
  const unread: UnreadRules[] = [];
  let bytes = 0;
  for (const name of names.filter((each) => /\.yara?$/i.test(each))) {
    const path = `${folder === "/" ? "" : folder}/${name}`;
    try {
      const content = host.read(path, LARGEST + 1);
      bytes += content?.length ?? 0;
      if (content === null) unread.push({ file: path, why: "not-regular" });
      else if (content.length > LARGEST) unread.push({ file: path, why: "too-large" });
      else if (bytes > MOST_BYTES || files.length === MOST_FILES) unread.push({ file: path, why: "too-many" });
      else files.push({ path, source: content.toString("utf8") });
    } catch (error) {
      unread.push({ file: path, why: errnoOf(error) || "unreadable" });
    }
    if (bytes > MOST_BYTES) bytes = MOST_BYTES;
  }
  return { files, unread };
}
