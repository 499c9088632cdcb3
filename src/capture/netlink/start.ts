import { constants, endianness } from "node:os";
import type { EventSink } from "../../model/events.ts";
import { reasonOf } from "../../platform/errno.ts";
import { libC } from "../../platform/ffi.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { NetlinkObserver } from "./observer.ts";
import { connectorSocket } from "./connector-socket.ts";
import { SocketError, type NetlinkSocket } from "./socket.ts";

/** Holds some 40,000 events, because the kernel charges about 800 bytes for each. */
const BUFFER_BYTES = 32 * 1024 * 1024;
const WHAT = "kernel events (forks, execs, exits) through the proc connector";
const OUTSIDE =
  "it answers only in the initial PID, user and network namespaces, and this process is not in them (a container)";
const ON_THE_HOST =
  "run whoforks on the host, or start the container with: --privileged --pid=host --network=host --userns=host";

export interface NetlinkOptions {
  /** Receive buffer of the socket, bytes. */
  bufferBytes?: number;
  /** How often the socket is emptied; 0: only when polled. */
  drainMs?: number;
}

/**
 * Starts to observe forks, execs and exits of the whole host through the proc connector (drivers/connector/cn_proc.c).
 * Needs root (CAP_NET_ADMIN) before Linux 6.6, and the optional package koffi. Returns the observer, or why there is
 * none and what would allow it. Never throws for the host's state.
 */
export function startNetlink(sink: EventSink, options: NetlinkOptions = {}): Observer | CouldNotLook {
  if (endianness() !== "LE") return cannot("big-endian", "events of big-endian machines are not read", null);
  const c = libC();
  if ("missing" in c) return cannot("no-koffi", c.why, c.missing === "package" ? "npm install koffi@3" : null);
  let socket: NetlinkSocket;
  try {
    socket = connectorSocket(c, options.bufferBytes ?? BUFFER_BYTES);
  } catch (error) {
    return refused(error);
  }
  const observer = new NetlinkObserver(c, socket, sink, [noArguments()]);
  try {
    const answer = observer.begin(options.drainMs);
    if (answer === 0) return observer;
    if (answer === null) return cannot("namespace", OUTSIDE, ON_THE_HOST);
    return answer === constants.errno.EPERM
      ? noRoot()
      : cannot("refused", `the kernel refused with error ${answer}`, null);
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): CouldNotLook {
  const code = error instanceof SocketError ? error.code : "";
  if (code === "EPERM" || code === "EACCES") return noRoot();
  if (code === "EPROTONOSUPPORT" || code === "EAFNOSUPPORT")
    return cannot("missing", "this kernel has no connector (CONFIG_CONNECTOR, CONFIG_PROC_EVENTS)", null);
  if (code === "ECONNREFUSED") return cannot("namespace", OUTSIDE, ON_THE_HOST);
  return cannot("failed", `opening it failed (${reasonOf(error)})`, null);
}

function noRoot(): CouldNotLook {
  return cannot("no-root", "kernels before 6.6 let only root listen", "sudo whoforks diagnose --source netlink");
}

/** The kernel tells that something was executed, but not what. */
function noArguments(): CouldNotLook {
  return {
    code: "netlink.no-names",
    what: "the programs of processes that end within milliseconds",
    why: "the proc connector tells that something was executed, not what: names come from /proc while a process lives",
    remedy: "sudo whoforks diagnose --source tracefs",
  };
}

/** A `CouldNotLook` about the proc connector. */
function cannot(code: string, why: string, remedy: string | null): CouldNotLook {
  return { code: `netlink.${code}`, what: WHAT, why, remedy };
}
