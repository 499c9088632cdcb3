import { RpmHeader, TAG } from "./rpm-header.ts";

const ENTRY = 16;
const BINARY = 7;
/** What stands before a header in a package file, and is signed with it (rpm's lib/header.c, rpm_header_magic). */
const MAGIC = Buffer.from("8eade80100000000", "hex");

/** The part of a header that its builder signed, and the signature: an OpenPGP packet. */
export interface SignedHeader {
  signed: Buffer;
  signature: Buffer;
  /** That part alone: what was added to the header at installation is not in it. */
  header: RpmHeader;
}

/**
 * The immutable region of a header as the database keeps it: its first entry is HEADERIMMUTABLE, whose data end the region and
 * give the number of its entries; what the installation added comes after (rpm's lib/header.c, hdrblobVerifyRegion). Null
 * where there is no such region or no signature of it.
 */
export function signedHeader(blob: Buffer): SignedHeader | null {
  const whole = RpmHeader.read(blob);
  const signature = whole?.binary(TAG.rsaHeader) ?? null;
  if (whole === null || signature === null || blob.readUInt32BE(8) !== TAG.headerImmutable) return null;
  const [entries, offset] = [blob.readUInt32BE(0), blob.readUInt32BE(16)];
  const data = 8 + entries * ENTRY;
  const trailer = data + offset;
  if (blob.readUInt32BE(12) !== BINARY || trailer + ENTRY > blob.length) return null;
  const signedEntries = -blob.readInt32BE(trailer + 8) / ENTRY;
  if (!Number.isInteger(signedEntries) || signedEntries < 1 || signedEntries > entries) return null;
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(signedEntries, 0);
  counts.writeUInt32BE(offset + ENTRY, 4);
  const region = Buffer.concat([
    counts,
    blob.subarray(8, 8 + signedEntries * ENTRY),
    blob.subarray(data, trailer + ENTRY),
  ]);
  const header = RpmHeader.read(region);
  return header === null ? null : { signed: Buffer.concat([MAGIC, region]), signature, header };
}
