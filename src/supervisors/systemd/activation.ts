import type { Untrusted } from "../../model/text.ts";
import { addProblem } from "../files/read-config.ts";
import { askedBy } from "./asked.ts";
import type { Assignment } from "./file.ts";
import { expandSpecifiers } from "./names.ts";
import { parseSpan } from "./time.ts";
import type { Job, Problem } from "../types.ts";

/** What the files of one socket or path amount to (systemd.socket(5), systemd.path(5)). */
export interface Activation {
  /** The service that it starts: Service= or Unit=, else that of its own name; a template where each connection has its own. */
  activates: Untrusted;
  /** The first thing that it waits for. Null: nothing, so that it starts nothing. */
  from: Assignment | null;
  /** TriggerLimitBurst= in TriggerLimitIntervalSec=; null: switched off. At the limit it fails, and starts nothing more. */
  limit: { starts: number; seconds: number } | null;
  /** Whether each start is a service of its own, whose start limit counts for itself. */
  each: boolean;
}

export type ActivatingType = "socket" | "path";

const SECTION = { socket: "Socket", path: "Path" } as const;
const NAMES_SERVICE = { socket: "Service", path: "Unit" } as const;
const WAITS_FOR = {
  socket: new Set([
    "ListenStream",
    "ListenDatagram",
    "ListenSequentialPacket",
    "ListenFIFO",
    "ListenSpecial",
    "ListenNetlink",
    "ListenMessageQueue",
    "ListenUSBFunction",
  ]),
  path: new Set(["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"]),
} as const;
/** TriggerLimitIntervalSec= of both. */
const SECONDS = 2;
const YES = new Set(["1", "yes", "y", "true", "t", "on"]);

/** Reduces the assignments of a socket or path and its drop-ins, in order; an empty listener clears all that came before. */
export function reduceActivation(
  unit: Untrusted,
  type: ActivatingType,
  assignments: readonly Assignment[],
  problems: Problem[],
): Activation {
  let named: Untrusted | null = null;
  let from: Assignment | null = null;
  let accept = false;
  let starts: number | null = null;
  let seconds = SECONDS;
  const ignore = ({ file, line, key }: Assignment): void =>
    addProblem(problems, file, line, `${key}= has a value that systemd ignores`);
  for (const assignment of assignments) {
    const { section, key, value } = assignment;
    if (section !== SECTION[type]) continue;
    if (WAITS_FOR[type].has(key)) from = value === "" ? null : (from ?? assignment);
    else if (key === NAMES_SERVICE[type] && value !== "") named = expandSpecifiers(value, unit);
    else if (key === "Accept" && type === "socket") accept = YES.has(value.toLowerCase());
    else if (key === "TriggerLimitIntervalSec") {
      const span = parseSpan(value);
      if (span === null) ignore(assignment);
      seconds = span ?? seconds;
    } else if (key === "TriggerLimitBurst") {
      if (/^\+?\d{1,9}$/.test(value)) starts = Number(value);
      else ignore(assignment);
    }
  }
  const stem = unit.slice(0, unit.lastIndexOf("."));
  // 200 for paths and for sockets that start a service for each connection, else 20 (socket_load, path_init).
  const burst = starts ?? (accept || type === "path" ? 200 : 20);
  return {
    activates: named ?? (accept ? `${stem}@.service` : `${stem}.service`),
    from,
    limit: burst > 0 && seconds > 0 ? { starts: burst, seconds } : null,
    each: accept,
  };
}

/** The job of a socket or path: what the service that it starts does, started whenever somebody asks. Null: it waits for nothing. */
export function activationJob(
  unit: Untrusted,
  fragment: Untrusted,
  { from, limit, each }: Activation,
  service: Job,
): Job | null {
  if (from === null) return null;
  // A service that reaches its own start limit takes the unit that asks for it along (service-start-limit-hit).
  const tighter = each ? limit : tighterOf(limit, service.limit);
  return {
    ...askedBy(unit, fragment, from, service),
    restarts: "on-demand",
    limit: tighter,
    atLimit: tighter === null ? null : { action: "stop" },
  };
}

function tighterOf(a: Activation["limit"], b: Activation["limit"]): Activation["limit"] {
  if (a === null || b === null) return a ?? b;
  return a.starts / a.seconds <= b.starts / b.seconds ? a : b;
}
