/** What a record of process accounting holds; the rest is zero (include/uapi/linux/acct.h). */
export interface Acct {
  flag?: number;
  status?: number;
  pid?: number;
  ppid?: number;
  began?: number;
  /** Ticks of 1/100 s, as `ac_etime`. */
  ticks?: number;
  user?: number;
  system?: number;
  comm?: string | Uint8Array;
  bigEndian?: boolean;
}

export const SINCE = 1_795_000_000;

/** encode_comp_t of kernel/acct.c. */
export function encodeComp(value: number): number {
  let exponent = 0;
  let round = 0;
  while (value > 8191) {
    round = value & 4;
    value = Math.floor(value / 8);
    exponent++;
  }
  if (round !== 0 && ++value > 8191) {
    value = Math.floor(value / 8);
    exponent++;
  }
  return exponent > 7 ? 0xffff : exponent * 0x2000 + value;
}

/** encode_comp2_t of kernel/acct.c. */
export function encodeComp2(value: number): number {
  const most = 2 ** 20 - 1;
  let exponent = value > most >>> 1 ? 1 : 0;
  let round = 0;
  while (value > most) {
    round = value & 1;
    value = Math.floor(value / 2);
    exponent++;
  }
  if (round !== 0 && ++value > most) {
    value = Math.floor(value / 2);
    exponent++;
  }
  return exponent > 31 ? 2 ** 24 - 1 : (value & (most >>> 1)) | (exponent << 19);
}

export function acctV3(acct: Acct): Buffer {
  const { put, bytes } = record(acct, 3);
  put(4, 4, acct.status ?? 0);
  put(16, 4, acct.pid ?? 1000);
  put(20, 4, acct.ppid ?? 1);
  put(24, 4, acct.began ?? SINCE);
  if (acct.bigEndian === true) bytes.writeFloatBE(acct.ticks ?? 0, 28);
  else bytes.writeFloatLE(acct.ticks ?? 0, 28);
  put(32, 2, encodeComp(acct.user ?? 0));
  put(34, 2, encodeComp(acct.system ?? 0));
  name(acct, 16).copy(bytes, 48);
  return bytes;
}

/** With AHZ 100, as most machines have it. */
export function acctV2(acct: Acct): Buffer {
  const { put, bytes } = record(acct, 2);
  put(8, 4, acct.began ?? SINCE);
  put(12, 2, encodeComp(acct.user ?? 0));
  put(14, 2, encodeComp(acct.system ?? 0));
  put(16, 2, encodeComp(acct.ticks ?? 0));
  put(30, 2, 100);
  put(32, 4, acct.status ?? 0);
  name(acct, 17).copy(bytes, 36);
  const long = encodeComp2(acct.ticks ?? 0);
  bytes[53] = long >>> 16;
  put(54, 2, long & 0xffff);
  return bytes;
}

/** A file of version 2: short and long lives, small and large CPU times, several ends. */
export function pacctV2(): Buffer {
  return Buffer.concat([
    acctV2({ comm: "sh", flag: 1, ticks: 0, status: 0 }),
    acctV2({ comm: "cc1", ticks: 8191, user: 700, system: 24, status: 1 << 8 }),
    acctV2({ comm: "sixteen-letters", ticks: 65_528, user: 8192, system: 65_536, status: 7 << 8 }),
    acctV2({ comm: "cron", flag: 0x10, ticks: 5, status: 9 }),
    acctV2({ comm: "sleep", flag: 0x18, ticks: 31, status: 139 }),
  ]);
}

function record(acct: Acct, version: number): { bytes: Buffer; put: (at: number, size: 2 | 4, value: number) => void } {
  const bytes = Buffer.alloc(64);
  bytes[0] = acct.flag ?? 0;
  bytes[1] = acct.bigEndian === true ? version | 0x80 : version;
  const put = (at: number, size: 2 | 4, value: number): void => {
    if (acct.bigEndian === true) bytes.writeUIntBE(value, at, size);
    else bytes.writeUIntLE(value, at, size);
  };
  return { bytes, put };
}

function name({ comm = "sh" }: Acct, size: number): Buffer {
  const bytes = typeof comm === "string" ? Buffer.from(comm, "utf8") : Buffer.from(comm);
  return bytes.subarray(0, size - 1);
}
