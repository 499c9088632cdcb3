import type { Layout } from "../../../src/origin/logins/utmp.ts";

export interface MadeRecord {
  type: number;
  pid?: number;
  line?: string;
  id?: string;
  user?: string;
  host?: string;
  seconds: number;
  micros?: number;
  address?: readonly number[];
}

/** Bytes of one struct utmp. */
export function utmpBytes(record: MadeRecord, { id, bigEndian, size }: Layout): Buffer {
  const bytes = Buffer.alloc(size);
  const int = (value: number, at: number): void => {
    if (bigEndian) bytes.writeInt32BE(value, at);
    else bytes.writeInt32LE(value, at);
  };
  if (bigEndian) bytes.writeInt16BE(record.type, 0);
  else bytes.writeInt16LE(record.type, 0);
  int(record.pid ?? 0, 4);
  bytes.write(record.line ?? "", 8, 32, "utf8");
  bytes.write(record.id ?? "", 40, 4, "utf8");
  bytes.write(record.user ?? "", 44, 32, "utf8");
  bytes.write(record.host ?? "", 76, 256, "utf8");
  if (id === "compat") {
    int(record.seconds, 340);
    int(record.micros ?? 0, 344);
  } else {
    const long = (value: bigint, at: number): void => {
      if (bigEndian) bytes.writeBigInt64BE(value, at);
      else bytes.writeBigInt64LE(value, at);
    };
    long(BigInt(record.seconds), 344);
    long(BigInt(record.micros ?? 0), 352);
  }
  Buffer.from(record.address ?? []).copy(bytes, id === "compat" ? 348 : 360);
  return bytes;
}

export const COMPAT: Layout = { id: "compat", bigEndian: false, size: 384 };
