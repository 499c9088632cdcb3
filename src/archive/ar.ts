import { fromBytes, type Untrusted } from "../model/text.ts";

/** Bytes of a file by position; fewer than asked where it ends. */
export type ByteSource = (offset: number, length: number) => Uint8Array;

/** One member of an ar(5) archive: name, and where its bytes are. */
export interface ArMember {
  name: Untrusted;
  offset: number;
  size: number;
}

const MAGIC = "!<arch>\n";
const HEADER = 60;
const MOST_MEMBERS = 64;

/**
 * The members of an ar archive as dpkg-deb writes and reads it (deb(5)): a header of 60 bytes each, sizes in decimal, members
 * at even places. Null when it is none; what is cut off or damaged ends the list.
 */
export function readAr(source: ByteSource): ArMember[] | null {
  if (Buffer.from(source(0, MAGIC.length)).toString("latin1") !== MAGIC) return null;
  const members: ArMember[] = [];
  for (let at = MAGIC.length; members.length < MOST_MEMBERS;) {
    const header = Buffer.from(source(at, HEADER));
    if (header.length < HEADER || header.toString("latin1", 58) !== "`\n") break;
    const size = header.toString("latin1", 48, 58).trim();
    if (!/^\d+$/.test(size)) break;
    const name = fromBytes(header.subarray(0, 16)).replace(/ +$/, "").replace(/\/$/, "");
    members.push({ name, offset: at + HEADER, size: Number(size) });
    at += HEADER + Number(size) + (Number(size) % 2);
  }
  return members;
}
