import { constants } from "node:os";
import type { LibC } from "../../platform/ffi.ts";

const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const SOCK_NONBLOCK = 0o4_000;
/** Socket options of asm-generic/socket.h; alpha, mips, parisc and sparc number them otherwise, Node does not run there or reads no such events. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

/** A system call that failed. `code` is the errno's name. */
export class SocketError extends Error {
  readonly code: string;

  constructor(call: string, errno: number) {
    const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** Which netlink socket to open. */
export interface NetlinkKind {
  /** NETLINK_CONNECTOR, NETLINK_AUDIT, … (linux/netlink.h). */
  protocol: number;
  /** Multicast groups, a bit each; 0: none. */
  groups: number;
  /** Wish for the receive buffer; without CAP_NET_ADMIN net.core.rmem_max bounds it. 0: as the kernel gives it. */
  bufferBytes: number;
  /** The longest message that comes. */
  messageBytes: number;
}

/** A netlink socket that never blocks; see netlink(7). */
export class NetlinkSocket {
  readonly buffer: Uint8Array;
  /** Times that the kernel said that the buffer had been full. */
  overflows = 0;
  readonly #c: LibC;
  #fd: number;

  /** Throws SocketError. */
  constructor(c: LibC, { protocol, groups, bufferBytes, messageBytes }: NetlinkKind) {
    this.#c = c;
    this.buffer = new Uint8Array(messageBytes);
    this.#fd = c.socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (this.#fd < 0) throw new SocketError("socket", c.errno());
    if (bufferBytes > 0) {
      const wish = numberBytes(bufferBytes);
      if (c.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, wish, 4) < 0)
        c.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, wish, 4);
    }
    // sockaddr_nl: family, 2 bytes of padding, port (0: the kernel chooses), groups.
    const address = new Uint8Array(12);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_NETLINK, true);
    view.setUint32(8, groups, true);
    if (c.bind(this.#fd, address, address.length) < 0) {
      const error = new SocketError("bind", c.errno());
      this.close();
      throw error;
    }
  }

  /** Sends one message to the kernel. Throws SocketError. */
  send(message: Uint8Array): void {
    if (this.#c.send(this.#fd, message, message.length, 0) < 0) throw new SocketError("send", this.#c.errno());
  }

  /** Takes one datagram into `buffer`; gives its length, 0 when none waits. Never blocks. Throws SocketError. */
  receive(): number {
    for (;;) {
      const length = this.#c.recv(this.#fd, this.buffer, this.buffer.length, 0);
      if (length >= 0) return length;
      const errno = this.#c.errno();
      if (errno === constants.errno.EAGAIN) return 0;
      if (errno === constants.errno.ENOBUFS) this.overflows++;
      else if (errno !== constants.errno.EINTR) throw new SocketError("recv", errno);
    }
  }

  /** Bytes that the kernel really gives the buffer (twice the wish, socket(7)); 0 when it does not tell. */
  bufferBytes(): number {
    const value = new Uint8Array(4);
    if (this.#c.getsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, value, numberBytes(4)) < 0) return 0;
    return new DataView(value.buffer).getInt32(0, true);
  }

  close(): void {
    if (this.#fd >= 0) this.#c.close(this.#fd);
    this.#fd = -1;
  }
}

function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
