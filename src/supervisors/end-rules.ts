import { constants } from "node:os";
import type { Untrusted } from "../model/text.ts";
import { endNamed } from "./systemd/exit-status-names.ts";

/** A list of ends that a unit names, and the last assignment that added to it. */
export interface EndList {
  statuses: number[];
  signals: number[];
  /** `RestartPreventExitStatus=203 SIGKILL`: what stands in force, all assignments together. */
  directive: Untrusted;
  file: Untrusted;
  line: number;
}

/** After which ends systemd starts a service again, beside Restart= itself; supervisord's `exitcodes` are told as its `success`. */
export interface EndRules {
  /** Value of Restart=. */
  restart: string;
  /** SuccessExitStatus=: ends that are no failure. */
  success?: EndList;
  /** RestartPreventExitStatus=: never started again after these, whatever else is said. */
  prevent?: EndList;
  /** RestartForceExitStatus=: always started again after these. */
  force?: EndList;
  /** HUP, INT, TERM and PIPE end it well: it is no Type=oneshot. */
  isDaemon: boolean;
  /** `ExecStart=-…`: no end of it is a failure. */
  ignoresFailure: boolean;
  /** Exit 0 is a failure too unless `success` has it (supervisord). */
  zeroFails?: true;
  /** A time limit is set (RuntimeMaxSec=, WatchdogSec=, …): systemd may send TERM, ABRT or KILL itself, and that is a failure. */
  isTimed: boolean;
}

/** How one process ended: by exit status or by signal. */
export interface End {
  code: number | null;
  signal: number | null;
}

const { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGABRT, SIGKILL } = constants.signals;
const CLEAN_SIGNALS = new Set<number>([SIGHUP, SIGINT, SIGTERM, SIGPIPE]);
/** systemd sends these at the end of a time limit (systemd.kill(5), WatchdogSignal=). */
const SENT_AT_LIMITS = new Set<number>([SIGTERM, SIGABRT, SIGKILL]);
/** Signals that leave a core file, signal(7). Then SuccessExitStatus= does not count: whether one was left is not known. */
const LEAVE_CORE = new Set(
  (
    ["SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGXCPU", "SIGXFSZ", "SIGSYS"] as const
  ).map((name) => constants.signals[name]),
);

/**
 * Adds the words of one assignment to a list; an empty one clears it.
 * @param ignored is told each word that systemd ignores
 */
export function addEnds(
  list: EndList | undefined,
  from: { key: string; value: Untrusted; file: Untrusted; line: number },
  ignored: () => void,
): EndList | undefined {
  const { key, value, file, line } = from;
  if (value === "") return undefined;
  const statuses = new Set(list?.statuses);
  const signals = new Set(list?.signals);
  for (const word of value.split(/[ \t\n\r]+/)) {
    const end = endNamed(word);
    if (end === null) ignored();
    else if ("status" in end) statuses.add(end.status);
    else signals.add(end.signal);
  }
  const before = list === undefined ? "" : list.directive.slice(key.length + 1);
  const words = before.length > MAX_SHOWN ? before : [before, value].filter((part) => part !== "").join(" ");
  return { statuses: [...statuses], signals: [...signals], directive: `${key}=${words}`, file, line };
}

/** There are 256 statuses and 64 signals: a longer list says things twice. */
const MAX_SHOWN = 2_048;

/** Whether a service comes back after an end, and the list that says so, if one does. */
export interface Sequel {
  /** Null: the end alone does not tell. */
  isRestarted: boolean | null;
  by: EndList | null;
}

/**
 * `service_shall_restart` and `service_sigchld_event` (src/core/service.c) with `is_clean_exit` (src/shared/exit-status.c).
 * Whether a service that waits to be told that it is ready (Type=notify, dbus, forking) had become so is the caller's to know.
 */
export function sequelOf(rules: EndRules, { code, signal }: End): Sequel {
  const { restart, success, prevent, force } = rules;
  const plain = (isRestarted: boolean | null): Sequel => ({ isRestarted, by: null });
  if (code === null && signal === null) return plain(null);
  const has = (list: EndList | undefined): boolean =>
    list !== undefined && (signal === null ? list.statuses.includes(code ?? -1) : list.signals.includes(signal));
  if (prevent !== undefined && has(prevent)) return { isRestarted: false, by: prevent };
  if (force !== undefined && has(force)) return { isRestarted: true, by: force };
  // The lists look at the end itself, which the prefix does not change.
  if (rules.ignoresFailure) return plain(restart === "always" || restart === "on-success");
  if (restart === "no" || restart === "always") return plain(restart === "always");
  const isSent = rules.isTimed && signal !== null && SENT_AT_LIMITS.has(signal);
  if (restart === "on-watchdog") return plain(isSent ? null : false);
  if (isSent) return plain(null);
  const isListed = has(success);
  const isClean =
    (code === 0 && rules.zeroFails !== true) || (signal !== null && rules.isDaemon && CLEAN_SIGNALS.has(signal))
      ? true
      : isListed && signal !== null && LEAVE_CORE.has(signal)
        ? null
        : isListed;
  const by = isListed && code !== 0 ? (success ?? null) : null;
  if (isClean === null) return { isRestarted: null, by };
  if (restart === "on-success") return { isRestarted: isClean, by };
  if (isClean) return { isRestarted: false, by };
  return plain(restart === "on-failure" || signal !== null);
}
