import { constants } from "node:os";
import type { LibC } from "../../platform/ffi.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2_000_000 | 0o4_000;
const NETLINK_AUDIT = 9;
const AUDIT_GET = 1000;
const AUDIT_LIST_RULES = 1013;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const HEADER = 16;
/** The kernel lists rules from a thread of its own (kernel/audit.c audit_send_list_thread). */
const WAIT_MS = 500;

/** What the kernel tells of its audit system (struct audit_status, linux/audit.h). */
export interface AuditStatus {
  /** 0 off, 1 on, 2 on and locked until the next boot. */
  enabled: number;
  /** Process that takes the records, 0 when there is none. */
  pid: number;
  /** Records that the kernel threw away since boot. */
  lost: number;
  /** Rules that are loaded, or null when the kernel did not answer in time. */
  rules: number | null;
}

/** Asks the kernel, as auditctl -s and -l do. Null when it refuses (not root, not the initial namespaces, no audit). Changes nothing. */
export function auditStatus(c: LibC): AuditStatus | null {
  const fd = c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_AUDIT);
  if (fd < 0) return null;
  try {
    if (!send(c, fd, AUDIT_GET)) return null;
    const status = receive(c, fd, (type) => type === AUDIT_GET)?.at(-1);
    if (status === undefined || status.length < HEADER + 28) return null;
    const view = new DataView(status.buffer, status.byteOffset + HEADER);
    // mask, enabled, failure, pid, rate_limit, backlog_limit, lost
    const [enabled, pid, lost] = [4, 12, 24].map((at) => view.getUint32(at, true)) as [number, number, number];
    const rules = send(c, fd, AUDIT_LIST_RULES) ? receive(c, fd, (type) => type === NLMSG_DONE) : null;
    return { enabled, pid, lost, rules: rules === null ? null : rules.filter(isRule).length };
  } finally {
    c.close(fd);
  }
}

function isRule(message: Uint8Array): boolean {
  return typeOf(message) === AUDIT_LIST_RULES;
}

function typeOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint16(4, true);
}

function send(c: LibC, fd: number, type: number): boolean {
  const message = new Uint8Array(HEADER);
  const view = new DataView(message.buffer);
  view.setUint32(0, HEADER, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  return c.send(fd, message, message.length, 0) === HEADER;
}

/** Messages up to the one that ends the answer; null after an error or half a second without that one. */
function receive(c: LibC, fd: number, isLast: (type: number) => boolean): Uint8Array[] | null {
  const messages: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (let waited = 0; waited < WAIT_MS;) {
    const length = c.recv(fd, buffer, buffer.length, 0);
    if (length < 0) {
      if (c.errno() !== constants.errno.EAGAIN) return null;
      pause(5);
      waited += 5;
      continue;
    }
    if (length < HEADER) return null;
    const message = buffer.slice(0, length);
    const type = typeOf(message);
    if (type === NLMSG_ERROR) return null;
    messages.push(message);
    if (isLast(type)) return messages;
  }
  return null;
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
