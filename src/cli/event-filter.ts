import type { HeldEvent } from "../formats/audit/events/assembler.ts";
import type { AuditEvent } from "../formats/audit/events/event.ts";
import type { ProcessEvent } from "../model/events.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import type { EventsFlags } from "./commands/events.ts";

/** Which events are wanted: all conditions must hold. */
export interface EventFilter {
  /** Whether an event that is not understood yet may be wanted: false is sure, true is not. */
  held(event: HeldEvent): boolean;
  audit(event: AuditEvent): boolean;
  /** Filter for the process events of one stream, in their order: it learns from them who runs which program. */
  processes(): (event: ProcessEvent) => boolean;
  /** Options that only audit logs can answer, as the user wrote them. */
  auditOnly: string[];
}

export function eventFilter(flags: EventsFlags): EventFilter {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, key } = flags;
  const pids = flags.pid === undefined ? null : new Set(flags.pid);
  const calls = flags.syscall === undefined ? null : new Set(flags.syscall);
  const wanted = flags.exe === undefined ? null : fromBytes(Buffer.from(flags.exe));
  const isExe = (exe: Untrusted | null): boolean =>
    wanted === null || (exe !== null && (wanted.includes("/") ? exe === wanted : baseName(exe) === wanted));
  const marks = [
    pids === null ? null : namesOneOf(pids),
    key === undefined ? null : mentions(key, /\bkey=[0-9A-F]{2}/),
    flags.exe === undefined ? null : mentions(flags.exe, /\bexe=[0-9A-F]{2}/),
  ].filter((mark) => mark !== null);
  return {
    held({ ms, records }) {
      if (ms < since || ms > until) return false;
      return marks.every((mark) => records.some(({ body }) => mark(body)));
    },
    audit(event) {
      if (event.ms < since || event.ms > until) return false;
      if (pids !== null && (event.pid === null || !pids.has(event.pid))) return false;
      if (key !== undefined && !event.keys.includes(key)) return false;
      if (calls !== null && !isCall(event, calls)) return false;
      return isExe(event.exe);
    },
    processes() {
      const programs = new Map<number, Untrusted>();
      return (event) => {
        learn(event, programs);
        if (!("pid" in event)) return pids === null && wanted === null;
        if (pids !== null && !pids.has(event.pid)) return false;
        return wanted === null || isExe(programs.get(event.pid) ?? null);
      };
    },
    auditOnly: ["key", "syscall", "since", "until"].filter((name) => name in flags).map((name) => `--${name}`),
  };
}

/** Whether the body of a record (in Latin-1) holds this text, or a value that is encoded and may hold it. */
function mentions(text: string, encoded: RegExp): (body: string) => boolean {
  const bytes = Buffer.from(text).toString("latin1");
  return (body) => body.includes(bytes) || encoded.test(body);
}

function namesOneOf(pids: ReadonlySet<number>): (body: string) => boolean {
  // A number that begins with 0 may be any, in another base or with zeros before it.
  const named = new RegExp(`\\bpid=(?:0|(?:${[...pids].join("|")})\\b)`);
  return (body) => named.test(body);
}

/** The name of a program's file; the kernel adds ` (deleted)` to one that is gone. */
function baseName(path: Untrusted): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/ \(deleted\)$/, "");
}

function isCall(event: AuditEvent, calls: ReadonlySet<string>): boolean {
  if (event.syscall !== null && calls.has(event.syscall)) return true;
  const number = event.records.find((record) => record.type === "SYSCALL")?.raw["syscall"];
  return typeof number === "string" && calls.has(number);
}

/** More processes than this are forgotten all at once; they are learnt again by their next exec. */
const MOST = 1 << 16;

function learn(event: ProcessEvent, programs: Map<number, Untrusted>): void {
  if (programs.size > MOST) programs.clear();
  if (event.type === "exec" && event.error === 0 && event.exe !== "") programs.set(event.pid, event.exe);
  else if ((event.type === "seen" || event.type === "image") && event.exe !== null) programs.set(event.pid, event.exe);
  else if (event.type === "fork") {
    const child = event.child ?? event.childClaim;
    const exe = programs.get(event.pid);
    if (child !== null && exe !== undefined && !event.thread) programs.set(child, exe);
  }
}
