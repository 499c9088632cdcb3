import type { Check, Gift, Note } from "../../model/doctor.ts";
import { auditctlPath } from "../audit/auditctl-control.ts";
import { inInitialNetwork } from "../audit/start.ts";
import { MOST_SECONDS } from "../audit/window.ts";
import type { AuditStatus } from "../netlink/audit-status.ts";
import { AS_ROOT, BY_AUDIT, check, note } from "./check.ts";
import type { Circumstances } from "./circumstances.ts";

const GIVES: readonly Gift[] = ["forks", "names", "argv", "exit-codes", "losses-counted"];

/** Whether a live run may load audit rules for a while, and what that changes; `status` null: the kernel does not tell. */
export function auditWindowCheck(now: Circumstances, status: AuditStatus | null, built: boolean): Check {
  const unusable = (notes: Note[], rest: Partial<Check> = {}): Check =>
    check("audit-window", "unusable", { gives: GIVES, notes, ...rest });
  if (!built) return unusable([note("no-audit")]);
  if (!now.root) return unusable([note("needs-root")], { needsRoot: true, command: AS_ROOT });
  if (!now.initialPidNamespace || !now.initialUserNamespace || !inInitialNetwork())
    return unusable([note("connector-namespaces"), note("container-flags")]);
  if (!now.auditControl || !now.auditRead) return unusable([note("no-audit-caps"), note("container-flags")]);
  if (now.koffi !== null) {
    return auditctlPath() === null
      ? unusable([note("needs-koffi")])
      : check("audit-window", "remark", { gives: GIVES, notes: [note("audit-window-by-log")], command: BY_AUDIT });
  }
  if (status === null) return unusable([note("audit-silent")]);
  if (status.enabled === 2) return unusable([note("audit-locked")]);
  const notes = [
    note("audit-window-cost", { seconds: MOST_SECONDS }),
    ...(status.enabled === 0 ? [note("audit-window-switch")] : []),
  ];
  return check("audit-window", "remark", { gives: GIVES, notes, command: BY_AUDIT });
}
