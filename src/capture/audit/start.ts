import { endianness } from "node:os";
import type { EventSink } from "../../model/events.ts";
import { reasonOf } from "../../platform/errno.ts";
import { libC, type NoLibC } from "../../platform/ffi.ts";
import { insideContainer } from "../procfs/container.ts";
import { link } from "../procfs/facts.ts";
import { SocketError } from "../netlink/socket.ts";
import type { CouldNotLook, Observer } from "../types.ts";
import { AuditctlControl, auditctlPath } from "./auditctl-control.ts";
import type { AuditControl } from "./control.ts";
import { logOfDaemon, LogRecords } from "./log-records.ts";
import { NetlinkControl } from "./netlink-control.ts";
import { AuditObserver } from "./observer.ts";
import type { OpenRecordReader } from "./reader.ts";
import { MulticastRecords } from "./records.ts";
import { clearLeftovers } from "./rules-on-host.ts";
import { AuditWindow, MOST_SECONDS, type WindowParts } from "./window.ts";

const WHAT = "audit records of forks, execs and exits";
const ON_THE_HOST = "run whoforks on the host: audit answers only in the initial user, PID and network namespaces";
const REMEDIES: Readonly<Record<string, string | null>> = {
  silent: ON_THE_HOST,
  locked: "whoforks diagnose --from /var/log/audit --root /",
  "no-control": ON_THE_HOST,
};

/**
 * Opens a window of audit records for the whole host: rules of ours, the switch where it is off, a listener. Needs
 * CAP_AUDIT_CONTROL and CAP_AUDIT_READ, and koffi or (auditctl and an audit daemon that writes a log). Never throws for
 * the host's state; then it gives why there is no window and what would allow one, and nothing is changed.
 */
export function openAuditWindow(
  sink: EventSink,
  openReader: OpenRecordReader,
): { window: AuditWindow; limits: CouldNotLook[] } | CouldNotLook {
  const parts = partsOf(openReader);
  if ("why" in parts) return parts;
  try {
    const window = AuditWindow.open(parts, sink);
    if ("code" in window) return cannot(window.code, window.why, REMEDIES[window.code] ?? null);
    return { window, limits: limitsOf(window) };
  } catch (error) {
    if (error instanceof SocketError && ["EPERM", "EACCES"].includes(error.code))
      return cannot("no-read", "listening to the records is refused: it needs CAP_AUDIT_READ", ON_THE_HOST);
    return cannot("failed", `opening it failed (${reasonOf(error)})`, null);
  }
}

/** Starts to observe the whole host by audit records alone. As `openAuditWindow`. */
export function startAudit(sink: EventSink, openReader: OpenRecordReader): Observer | CouldNotLook {
  const opened = openAuditWindow(sink, openReader);
  return "why" in opened ? opened : new AuditObserver(opened.window, [...opened.limits, limitsAlone()]);
}

/** Takes away what runs that were killed have left of rules. Root only; says and throws nothing. */
export function clearAuditLeftovers(): void {
  if (process.geteuid?.() !== 0) return;
  const control = controlOf();
  if (control === null || "why" in control) return;
  try {
    clearLeftovers(control);
  } finally {
    control.close();
  }
}

/** Whether this process is in the network namespace that the kernel sends records to; true where that cannot be told. */
export function inInitialNetwork(): boolean {
  // Kernel threads are in the initial namespaces; PID 1 of a host may be, or may not let itself be looked at.
  const own = link("/proc/self/ns/net");
  return own === null || insideContainer() !== null || own === (link("/proc/2/ns/net") ?? own);
}

function partsOf(openReader: OpenRecordReader): WindowParts | CouldNotLook {
  if (endianness() !== "LE") return cannot("big-endian", "audit of big-endian machines is not spoken to", null);
  if (process.geteuid?.() !== 0) return cannot("no-root", "only root may load audit rules", "sudo whoforks diagnose");
  if (!inInitialNetwork())
    return cannot("namespace", "the kernel sends records only to the initial network namespace", ON_THE_HOST);
  const control = controlOf();
  if (control === null) {
    const c = libC() as NoLibC;
    return cannot("no-koffi", `${c.why}, and there is no auditctl in its place`, "npm install koffi@3");
  }
  if ("why" in control) return control;
  const c = libC();
  if (!("missing" in c)) return { control, openReader, openRecords: (reader) => new MulticastRecords(c, reader) };
  const log = logOfDaemon(control.status()?.pid ?? 0);
  if (log === null)
    return cannot("no-koffi", `${c.why}, and no audit daemon writes a log that could be read in its place`, "npm install koffi@3"); // prettier-ignore
  return { control, openReader, openRecords: (reader) => new LogRecords(log, reader) };
}

/** Null where neither koffi nor auditctl is there. */
function controlOf(): AuditControl | CouldNotLook | null {
  const c = libC();
  if ("missing" in c) {
    const program = auditctlPath();
    return program === null ? null : new AuditctlControl(program);
  }
  try {
    return new NetlinkControl(c);
  } catch (error) {
    const code = error instanceof SocketError ? error.code : reasonOf(error);
    return code === "EPROTONOSUPPORT"
      ? cannot("missing", "this kernel has no audit (CONFIG_AUDIT), or it was booted with audit=0", null)
      : cannot("failed", `opening it failed (${code})`, null);
  }
}

/** What this host's audit cannot tell although the window is open. */
function limitsOf({ rules }: AuditWindow): CouldNotLook[] {
  const limits: CouldNotLook[] = [];
  if (rules.never > 0) {
    const why = `${rules.never} rules of this host say never and stand before ours`;
    limits.push({ code: "audit.never-rules", what: "calls that this host keeps out of its audit records", why, remedy: "auditctl -l" }); // prettier-ignore
  }
  if (rules.before.rateLimit > 0) {
    const why = `this host lets ${rules.before.rateLimit} audit records a second pass`;
    limits.push({ code: "audit.rate-limit", what: "audit records beyond the host's own limit", why, remedy: null });
  }
  if (rules.switchedOn) {
    const why =
      "auditing was off, and the kernel records no calls of processes that are older than its first switching-on";
    limits.push({ code: "audit.older-processes", what: "calls of processes that lived before", why, remedy: "sudo whoforks diagnose --source tracefs" }); // prettier-ignore
  }
  return limits;
}

/** What no audit record tells. */
function limitsAlone(): CouldNotLook {
  const why = "such a process makes no exit call, and only core dumps leave a record";
  return {
    code: "audit.no-signal-deaths",
    what: "the ends of processes that a signal killed",
    why,
    remedy: "sudo whoforks diagnose --source tracefs",
  };
}

/** For an observation that was asked to be longer than audit records are made. */
export function boundedByAudit(): CouldNotLook {
  return {
    code: "audit.bounded",
    what: `what happens after the first ${MOST_SECONDS} s`,
    why: `audit records slow every fork and exec down, so they are made for at most ${MOST_SECONDS} s`,
    remedy: "sudo whoforks diagnose --source tracefs",
  };
}

/** A `CouldNotLook` about audit. */
function cannot(code: string, why: string, remedy: string | null): CouldNotLook {
  return { code: `audit.${code}`, what: WHAT, why, remedy };
}
