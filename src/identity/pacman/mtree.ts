import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { ShippedDigest } from "../package-database.ts";

/**
 * Digests by path of an mtree(5) file as makepkg writes it with libarchive: `./usr/bin/x time=… mode=755 size=9
 * md5digest=… sha256digest=…`, bytes outside of plain ASCII as `\ooo`. Only regular files have digests.
 */
export function digestsOf(content: Uint8Array): Map<Untrusted, ShippedDigest> {
  const found = new Map<Untrusted, ShippedDigest>();
  for (const line of Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1").split("\n")) {
    if (!line.startsWith("./")) continue;
    const words = line.split(" ");
    const digest = digestIn(words, "sha256", 64) ?? digestIn(words, "md5", 32);
    if (digest !== null) found.set(unescaped((words[0] as string).slice(1)), digest);
  }
  return found;
}

function digestIn(words: readonly string[], algorithm: "sha256" | "md5", length: number): ShippedDigest | null {
  const key = `${algorithm}digest=`;
  const hex = words.find((word) => word.startsWith(key))?.slice(key.length);
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
