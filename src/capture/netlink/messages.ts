/**
 * Datagrams of the proc connector. One datagram is one event of 76 bytes; all numbers are in the machine's byte order
 * (only little-endian machines are read), offsets from the start of the datagram:
 *
 *      0  nlmsghdr   u32 length, u16 type, u16 flags, u32 seq, u32 port          linux/netlink.h
 *     16  cn_msg     u32 idx, u32 val, u32 seq, u32 ack, u16 length, u16 flags   linux/connector.h
 *     36  proc_event u32 what, u32 cpu, u64 CLOCK_MONOTONIC ns                   linux/cn_proc.h
 *     52             the event's own fields, 24 bytes
 *
 * `cn_msg.seq` counts the events of one CPU (drivers/connector/cn_proc.c send_msg, local_event.count).
 */
const CN_MSG = 16;
const PROC_EVENT = 36;
const FIELDS = 52;
const MESSAGE = 76;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const NLMSG_DONE = 3;

/** `proc_event.what` of events that make model events; others only count for their sequence number. */
export const What = { none: 0, fork: 1, exec: 2, comm: 0x200, coredump: 0x4000_0000, exit: 0x8000_0000 } as const;

/** One event as the kernel told it. */
export interface ProcEvent {
  what: number;
  cpu: number;
  seq: number;
  /** 0, or for an answer to a message of ours its `ack` + 1. */
  ack: number;
  /** CLOCK_MONOTONIC in ns; exact up to 104 days of uptime. */
  ns: number;
  /**
   * The six fields of 32 bits, signed. fork: parent's task, parent, child's task, child. exec, comm: task, process.
   * exit: task, process, status word of wait(2), signal sent, parent's task, parent. none: errno.
   */
  fields: readonly [number, number, number, number, number, number];
}

/** Why a datagram could not be understood. */
export interface Unreadable {
  why: string;
}

/** Reads one datagram of `length` bytes. Pure; never throws, whatever the bytes are. */
export function parseDatagram(bytes: Uint8Array, length: number): ProcEvent | Unreadable {
  if (length > bytes.length) return { why: `${length} bytes do not fit the buffer of ${bytes.length}` };
  if (length < FIELDS) return { why: `${length} bytes are too few for an event` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const stated = view.getUint32(0, true);
  if (stated !== length) return { why: `its header tells a length of ${stated}, not ${length}` };
  if (view.getUint16(4, true) !== NLMSG_DONE) return { why: `message type ${view.getUint16(4, true)}` };
  const idx = view.getUint32(CN_MSG, true);
  const val = view.getUint32(CN_MSG + 4, true);
  if (idx !== CN_IDX_PROC || val !== CN_VAL_PROC) return { why: `it is of connector ${idx}.${val}, not 1.1` };
  const payload = view.getUint16(CN_MSG + 16, true);
  if (PROC_EVENT + payload > length) return { why: `its payload of ${payload} bytes is cut off` };
  // Fields were added at the end over time; those that are missing read as 0.
  const field = (n: number): number => (FIELDS + 4 * n + 4 <= length ? view.getInt32(FIELDS + 4 * n, true) : 0);
  return {
    what: view.getUint32(PROC_EVENT, true),
    cpu: view.getUint32(PROC_EVENT + 4, true),
    seq: view.getUint32(CN_MSG + 8, true),
    ack: view.getUint32(CN_MSG + 12, true),
    ns: view.getUint32(PROC_EVENT + 8, true) + view.getUint32(PROC_EVENT + 12, true) * 4_294_967_296,
    fields: [field(0), field(1), field(2), field(3), field(4), field(5)],
  };
}

/** PROC_CN_MCAST_LISTEN and PROC_CN_MCAST_IGNORE. */
export const Operation = { listen: 1, ignore: 2 } as const;

/** The message that switches the events on or off; the kernel answers with an event `none` whose `ack` is one more. */
export function controlMessage(operation: number, ack: number): Uint8Array {
  const bytes = new Uint8Array(PROC_EVENT + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, NLMSG_DONE, true);
  view.setUint32(CN_MSG, CN_IDX_PROC, true);
  view.setUint32(CN_MSG + 4, CN_VAL_PROC, true);
  view.setUint32(CN_MSG + 12, ack, true);
  view.setUint16(CN_MSG + 16, 4, true);
  view.setUint32(PROC_EVENT, operation, true);
  return bytes;
}

/** Length of every datagram that a present kernel sends. */
export const DATAGRAM = MESSAGE;
