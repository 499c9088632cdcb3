import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { FileRecord, ShippedDigest } from "../package-database.ts";

/** A path of 4096 bytes, each as four, and the words after it; a line of more is left out. */
const LONGEST_LINE = 1 << 15;
/** That `/set` gives; the format knows fewer. */
const MOST_WORDS = 64;
/** Entries of one package; those with most files have a hundred thousand. */
const MOST_ENTRIES = 1 << 19;

/** What an mtree tells of a path. */
export interface MtreeEntry {
  /** Null: not a regular file, or without a digest. */
  digest: ShippedDigest | null;
  record: FileRecord;
}

/**
 * Entries by path of an mtree(5) file as makepkg writes it with libarchive: `./usr/bin/x time=… mode=755 size=9
 * md5digest=… sha256digest=…`, bytes outside of plain ASCII as `\ooo`. `/set` gives what the lines after it leave out.
 * Links are not there: they have no mode of their own. Null: it has more entries than any package.
 */
export function readMtree(content: Uint8Array): Map<Untrusted, MtreeEntry> | null {
  const found = new Map<Untrusted, MtreeEntry>();
  let defaults: ReadonlyMap<string, string> = new Map();
  for (const line of linesOf(content)) {
    const [first = "", ...words] = line.split(" ");
    const given = new Map(
      words.map((word): [string, string] => {
        const equals = word.indexOf("=");
        return [word.slice(0, equals), word.slice(equals + 1)];
      }),
    );
    if (first === "/set") defaults = new Map([...defaults, ...given].slice(-MOST_WORDS));
    if (!first.startsWith("./")) continue;
    if (found.size === MOST_ENTRIES) return null;
    const value = (key: string): string | undefined => given.get(key) ?? defaults.get(key);
    if (value("type") === "link") continue;
    const [mode, uid, gid] = [value("mode"), value("uid"), value("gid")];
    const record: FileRecord = {
      mode: mode === undefined || !/^[0-7]{1,5}$/.test(mode) ? null : Number.parseInt(mode, 8) & 0o7777,
      user: uid === undefined ? null : `#${uid}`,
      group: gid === undefined ? null : `#${gid}`,
      capabilities: null,
    };
    const digest = digestIn(given, "sha256", 64) ?? digestIn(given, "md5", 32);
    found.set(unescaped(first.slice(1)), { digest, record });
  }
  return found;
}

function* linesOf(content: Uint8Array): Generator<string> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end - start <= LONGEST_LINE) yield bytes.toString("latin1", start, end);
    start = end + 1;
  }
}

function digestIn(
  given: ReadonlyMap<string, string>,
  algorithm: "sha256" | "md5",
  length: number,
): ShippedDigest | null {
  const hex = given.get(`${algorithm}digest`);
  return hex !== undefined && hex.length === length && /^[0-9a-f]+$/.test(hex)
    ? { algorithm, hex, conffile: false }
    : null;
}

function unescaped(latin1: string): Untrusted {
  const text = latin1.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return fromBytes(Buffer.from(text, "latin1"));
}
