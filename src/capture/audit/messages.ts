/**
 * The kernel's audit interface as messages (include/uapi/linux/audit.h, kernel/audit.c). All numbers are in the machine's
 * byte order; only little-endian machines are spoken to. A message is
 *
 *      0  nlmsghdr   u32 length, u16 type, u16 flags, u32 seq, u32 port     linux/netlink.h
 *     16  payload    struct audit_status, struct audit_rule_data, or the text of a record
 */
export const NETLINK_AUDIT = 9;
/** Multicast group of AUDIT_NLGRP_READLOG (number 1) as a bit: every record goes there, whether auditd runs or not. */
export const READLOG = 1;
/** MAX_AUDIT_MESSAGE_LENGTH is 8970 bytes. */
export const MESSAGE_BYTES = 16_384;
export const HEADER = 16;

export const Type = { get: 1000, set: 1001, addRule: 1011, deleteRule: 1012, listRules: 1013 } as const;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const STATUS_ENABLED = 1;
/** struct audit_status up to backlog_wait_time; since 5.9 backlog_wait_time_actual follows. */
const STATUS_BYTES = 44;

/** What the kernel tells of its audit system (struct audit_status). */
export interface AuditStatus {
  /** 0 off, 1 on, 2 on and locked until the next boot. */
  enabled: number;
  /** Process that takes the records, 0 when there is none. */
  pid: number;
  /** Records a second that the kernel lets pass, 0: all. */
  rateLimit: number;
  /** Records that may wait; where more do, whoever causes one has to wait. */
  backlogLimit: number;
  /** Records that the kernel threw away since boot. */
  lost: number;
  /** Clock ticks (USER_HZ, kernel's own HZ) that tasks have waited for room in the queue; null before 5.9. */
  waited: number | null;
}

/** One request; `ack` asks the kernel to answer with an errno. */
export function request(type: number, seq: number, payload: Uint8Array = new Uint8Array(), ack = false): Uint8Array {
  const message = new Uint8Array(HEADER + payload.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | (ack ? NLM_F_ACK : 0), true);
  view.setUint32(8, seq, true);
  message.set(payload, HEADER);
  return message;
}

/** The payload of AUDIT_SET that changes the switch and nothing else. */
export function enabledPayload(enabled: 0 | 1): Uint8Array {
  const payload = new Uint8Array(STATUS_BYTES);
  const view = new DataView(payload.buffer);
  view.setUint32(0, STATUS_ENABLED, true);
  view.setUint32(4, enabled, true);
  return payload;
}

export function typeOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint16(4, true);
}

export function sequenceOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(8, true);
}

/** errno of an NLMSG_ERROR message, 0 for an acknowledgement. */
export function errnoOfAnswer(message: Uint8Array): number {
  return message.length < HEADER + 4 ? 0 : -new DataView(message.buffer, message.byteOffset).getInt32(HEADER, true);
}

/** Reads the answer to AUDIT_GET; null when it is too short. */
export function parseStatus(message: Uint8Array): AuditStatus | null {
  if (message.length < HEADER + 28) return null;
  const view = new DataView(message.buffer, message.byteOffset + HEADER, message.length - HEADER);
  // mask, enabled, failure, pid, rate_limit, backlog_limit, lost, backlog, feature_bitmap, backlog_wait_time, …_actual
  const word = (n: number): number => view.getUint32(4 * n, true);
  return {
    enabled: word(1),
    pid: word(3),
    rateLimit: word(4),
    backlogLimit: word(5),
    lost: word(6),
    waited: view.byteLength >= 44 ? word(10) : null,
  };
}
