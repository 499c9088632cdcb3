import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { FileRecord, ShippedDigest } from "../package-database.ts";

/** What an mtree tells of a path. */
export interface MtreeEntry {
  /** Null: not a regular file, or without a digest. */
  digest: ShippedDigest | null;
  record: FileRecord;
}

/**
 * Entries by path of an mtree(5) file as makepkg writes it with libarchive: `./usr/bin/x time=… mode=755 size=9
 * md5digest=… sha256digest=…`, bytes outside of plain ASCII as `\ooo`. `/set` gives what the lines after it leave out.
 * Links are not there: they have no mode of their own.
 */
export function readMtree(content: Uint8Array): Map<Untrusted, MtreeEntry> {
  const found = new Map<Untrusted, MtreeEntry>();
  let defaults: ReadonlyMap<string, string> = new Map();
  for (const line of Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1").split("\n")) {
    const [first = "", ...words] = line.split(" ");
    const given = new Map(
      words.map((word): [string, string] => {
        const equals = word.indexOf("=");
        return [word.slice(0, equals), word.slice(equals + 1)];
      }),
    );
    if (first === "/set") defaults = new Map([...defaults, ...given]);
    if (!first.startsWith("./")) continue;
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
