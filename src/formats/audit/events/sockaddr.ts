import { fromBytes } from "../../../model/text.ts";
import { nameOf } from "./constants.ts";
import type { Value } from "./event.ts";

type Address = { readonly [name: string]: Value };

/**
 * Reads the bytes of a socket address, `saddr=` (include/linux/socket.h and the header of each family). The family is in the
 * byte order of the logging host, so a big-endian log begins with a zero byte. What is too short for its family has `cut: 1` and
 * what could be read.
 */
export function readAddress(bytes: Uint8Array): Address {
  const view = Buffer.from(bytes);
  if (view.length < 2) return { family: view.length === 0 ? null : familyName(view[0] as number), cut: 1 };
  const little = view.readUInt16LE(0);
  const big = view.readUInt16BE(0);
  const isBig = nameOf("family", little) === null && nameOf("family", big) !== null;
  const family = isBig ? big : little;
  const u32 = (at: number): number => (isBig ? view.readUInt32BE(at) : view.readUInt32LE(at));
  const u16 = (at: number): number => (isBig ? view.readUInt16BE(at) : view.readUInt16LE(at));
  const name = familyName(family);
  const reader = READERS[name];
  if (reader === undefined) return { family: name };
  return { family: name, ...(view.length < reader.least ? { cut: 1 } : reader.read(view, u32, u16)) };
}

function familyName(family: number): string {
  return nameOf("family", family) ?? `unknown(${family})`;
}

type Read = (at: number) => number;

interface Reader {
  /** Bytes without which nothing can be read. */
  least: number;
  read(bytes: Buffer, u32: Read, u16: Read): Address;
}

const READERS: Readonly<Record<string, Reader>> = {
  local: { least: 2, read: (bytes) => unix(bytes.subarray(2)) },
  inet: {
    least: 8,
    read: (bytes) => ({ address: [...bytes.subarray(4, 8)].join("."), port: bytes.readUInt16BE(2) }),
  },
  inet6: {
    least: 24,
    read(bytes, u32) {
      const scope = bytes.length >= 28 ? u32(24) : 0;
      return { address: inet6(bytes.subarray(8, 24)), port: bytes.readUInt16BE(2), ...(scope === 0 ? {} : { scope }) };
    },
  },
  netlink: { least: 12, read: (_, u32) => ({ pid: u32(4), groups: u32(8) }) },
  vsock: { least: 12, read: (_, u32) => ({ port: u32(4), cid: u32(8) }) },
  packet: {
    least: 12,
    read: (bytes, u32, u16) => ({
      protocol: bytes.readUInt16BE(2),
      interface: u32(4),
      hardware: u16(8),
      packetType: bytes[10] as number,
      address: bytes.subarray(12, 12 + Math.min(8, bytes[11] as number)).toString("hex"),
    }),
  },
  ax25: { least: 9, read: (bytes) => ({ call: ax25Call(bytes.subarray(2, 9)) }) },
  netrom: { least: 9, read: (bytes) => ({ call: ax25Call(bytes.subarray(2, 9)) }) },
  x25: { least: 18, read: (bytes) => ({ address: untilZero(bytes.subarray(2, 18)) }) },
  ipx: {
    least: 14,
    read: (bytes) => ({
      port: bytes.readUInt16BE(2),
      network: bytes.readUInt32BE(4),
      node: bytes.subarray(8, 14).toString("hex"),
    }),
  },
  appletalk: {
    least: 7,
    read: (bytes) => ({ port: bytes[2] as number, network: bytes.readUInt16BE(4), node: bytes[6] as number }),
  },
  atmpvc: {
    least: 12,
    read: (_, u32, u16) => ({ interface: u16(4), vpi: u16(6), vci: u32(8) }),
  },
  can: { least: 8, read: (_, u32) => ({ interface: u32(4) }) },
  bluetooth: {
    least: 8,
    read: (bytes, _, u16) => ({ psm: u16(2), address: [...bytes.subarray(4, 10)].reverse().map(hexByte).join(":") }),
  },
  alg: {
    least: 25,
    read: (bytes) => ({ type: untilZero(bytes.subarray(2, 16)), name: untilZero(bytes.subarray(24)) }),
  },
  tipc: {
    least: 16,
    read: (bytes, u32) => ({ type: bytes[2] as number, scope: bytes[3] as number, instance: u32(8) }),
  },
  xdp: { least: 16, read: (_, u32, u16) => ({ flags: u16(2), interface: u32(4), queue: u32(8) }) },
};

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return fromBytes(end === -1 ? bytes : bytes.subarray(0, end));
}

/** unix(7): a path ends at its zero byte; an abstract name begins with one and may hold more; without bytes it is unnamed. */
function unix(bytes: Buffer): Address {
  if (bytes.length === 0) return { unnamed: 1 };
  if (bytes[0] !== 0) return { path: untilZero(bytes) };
  // Callers who pass the whole structure hand over its zeros as well; nobody means them.
  let end = bytes.length;
  while (end > 1 && bytes[end - 1] === 0) end--;
  return end === 1 ? { unnamed: 1 } : { abstract: fromBytes(bytes.subarray(1, end)) };
}

/** RFC 5952: lower case, the longest run of zero groups (two at least) as `::`. */
function inet6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${[...bytes.subarray(12)].join(".")}`;
  const hex = groups.map((group) => group.toString(16));
  if (best.at === -1) return hex.join(":");
  return `${hex.slice(0, best.at).join(":")}::${hex.slice(best.at + best.length).join(":")}`;
}

/** Six letters shifted by one bit and a number (ax25.h). */
function ax25Call(bytes: Buffer): string {
  const letters = [...bytes.subarray(0, 6)]
    .map((byte) => String.fromCharCode(byte >> 1))
    .join("")
    .trimEnd();
  const number = ((bytes[6] as number) >> 1) & 15;
  return number === 0 ? letters : `${letters}-${number}`;
}
