import type { LibC } from "../../platform/ffi.ts";
import { NetlinkSocket } from "./socket.ts";

const NETLINK_CONNECTOR = 11;
const CN_IDX_PROC = 1;
/** Events have 76 bytes. */
const MESSAGE_BYTES = 4096;

/** A socket that listens to the proc connector's multicast group. Throws SocketError. */
export function connectorSocket(c: LibC, bufferBytes: number): NetlinkSocket {
  return new NetlinkSocket(c, {
    protocol: NETLINK_CONNECTOR,
    groups: CN_IDX_PROC,
    bufferBytes,
    messageBytes: MESSAGE_BYTES,
  });
}
