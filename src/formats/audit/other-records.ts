import { numberOf } from "./events/constants.ts";
import type { Caller, ProcessEvents } from "./process-events.ts";
import { auditArch } from "../../syscalls/abi.ts";
import type { KnownProcesses } from "./known-processes.ts";
import { RecordFields } from "./record-fields.ts";
import { isPid } from "./syscall-record.ts";
import { note, type Tally } from "./tally.ts";
import type { TimeOrder } from "./time-order.ts";

/** SECCOMP_RET_KILL_PROCESS and _KILL_THREAD (include/uapi/linux/seccomp.h): the actions after which nothing goes on. */
const SECCOMP_KILLS = new Set([0x80000000, 0]);

/** The rare records of one host that tell something about processes or about the log itself. */
export class OtherRecords {
  readonly #events: ProcessEvents;
  readonly #processes: KnownProcesses;
  readonly #order: TimeOrder;
  readonly #tally: Tally;
  readonly #where: () => string;
  #nextTask = -1;

  constructor(events: ProcessEvents, processes: KnownProcesses, order: TimeOrder, tally: Tally, where: () => string) {
    this.#events = events;
    this.#processes = processes;
    this.#order = order;
    this.#tally = tally;
    this.#where = where;
  }

  /** Takes a record of any type. Types without meaning here cost nothing more than their name. */
  take(type: string, ms: number, serial: number, bytes: Uint8Array, body: number, to: number): void {
    switch (type) {
      case "ANOM_ABEND":
        return this.#ended(new RecordFields(bytes, body, to), ms, serial);
      case "SECCOMP": {
        const fields = new RecordFields(bytes, body, to);
        const code = fields.hex32("code");
        // `ausearch -i` writes `kill`; every other name lets the process go on.
        const named = code === null ? fields.plain("code") : null;
        if (named !== null ? named.startsWith("kill") : code === null || SECCOMP_KILLS.has(code))
          this.#ended(fields, ms, serial);
        return;
      }
      case "SERVICE_START":
      case "SERVICE_STOP":
        return this.#service(
          type === "SERVICE_START" ? "start" : "stop",
          new RecordFields(bytes, body, to),
          ms,
          serial,
        );
      case "OBJ_PID":
        return this.#target(new RecordFields(bytes, body, to), ms, serial);
      case "USER_START":
      case "CRED_ACQ":
      case "CRED_DISP":
      case "CRED_REFR":
      case "USER_END":
      case "USER_CMD":
      case "LOGIN": {
        const fields = new RecordFields(bytes, body, to);
        if (type === "USER_START" && fields.text("terminal") === "cron") note(this.#tally.cronSessions, this.#where);
        return this.#mention(fields, ms, serial);
      }
      case "CONFIG_CHANGE":
        if (new RecordFields(bytes, body, to).decimal("audit_enabled") === 0)
          note(this.#tally.switchedOff, this.#where);
        return;
      default:
    }
  }

  /**
   *     auid=0 uid=0 gid=0 ses=1 pid=5732 comm="bash" exe="/usr/bin/bash" sig=11 res=1
   *     … pid=812 comm="x" exe="/x" sig=31 arch=c000003e syscall=59 compat=0 ip=0x7f code=0x80000000
   */
  #ended(fields: RecordFields, ms: number, serial: number): void {
    const signal = fields.decimal("sig") ?? numberOf("signal", fields.plain("sig") ?? "");
    const caller = this.#caller(fields);
    if (caller === null || signal === null || signal <= 0 || signal > 64) return;
    this.#events.abnormalEnd(caller, signal, ms, serial);
  }

  /** `msg='unit=cron comm="systemd" exe=".." res=success'`; before systemd 208 and by upstart the unit's name stands in `comm=`. */
  #service(action: "start" | "stop", fields: RecordFields, ms: number, serial: number): void {
    const unit = fields.text("unit") ?? fields.text("comm");
    if (unit === null) return;
    this.#order.add({ type: "service", ts: 0, unit, action, ok: fields.plain("res") !== "failed" }, -1, ms, serial);
  }

  /** `opid=812 oauid=-1 ouid=0 oses=-1 ocomm="sleep"`: the target of kill or ptrace. */
  #target(fields: RecordFields, ms: number, serial: number): void {
    const pid = fields.decimal("opid");
    if (pid === null || !isPid(pid) || this.#processes.find(pid) !== -1) return;
    const task = { id: this.#nextTask--, comm: fields.text("ocomm") ?? "", exe: null };
    this.#events.see({ pid, ppid: 0, task, arch: null }, ms, serial);
  }

  /** A process named by a program's own record, when nothing else told of it yet. */
  #mention(fields: RecordFields, ms: number, serial: number): void {
    const caller = this.#caller(fields);
    if (caller !== null && this.#processes.find(caller.pid) === -1) this.#events.see(caller, ms, serial);
  }

  #caller(fields: RecordFields): Caller | null {
    const pid = fields.decimal("pid");
    if (pid === null || !isPid(pid)) return null;
    const arch = fields.hex32("arch");
    const exe = fields.text("exe");
    const task = { id: this.#nextTask--, comm: fields.text("comm") ?? "", exe };
    return { pid, ppid: fields.decimal("ppid") ?? 0, task, arch: arch === null ? null : auditArch(arch) };
  }
}
