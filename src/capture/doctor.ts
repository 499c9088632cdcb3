import type { Check, Examination } from "../model/doctor.ts";
import { auditChecks } from "./doctor/audit.ts";
import { circumstances, koffiCheck, lockdownCheck, namespacesCheck, rootCheck } from "./doctor/circumstances.ts";
import { connectorCheck } from "./doctor/connector.ts";
import { accountingCheck, cgroupCheck, procfsCheck, psiCheck } from "./doctor/counters.ts";
import { hiddenCheck } from "./doctor/hidden.ts";
import { ptraceToolsCheck } from "./doctor/ptrace-tools.ts";
import { tracingChecks } from "./doctor/tracing.ts";
import { hostFacts } from "./procfs/host.ts";

/** Looks at every way of observing this host, and changes nothing: it mounts nothing, switches nothing on, starts nothing. */
export function examine(): Examination {
  const host = hostFacts();
  const now = circumstances(host.kernel);
  const tracing = tracingChecks(now);
  const connector = connectorCheck(now);
  const [auditWindow, audit] = auditChecks(now) as [Check, Check];
  const checks: Check[] = [
    rootCheck(now),
    namespacesCheck(now),
    lockdownCheck(now),
    ...tracing,
    connector,
    koffiCheck(now),
    procfsCheck(now),
    hiddenCheck(now),
    auditWindow,
    audit,
    ptraceToolsCheck(),
    cgroupCheck(),
    psiCheck(now),
    accountingCheck(now),
  ];
  // In this order diagnose takes them.
  const sources = [...tracing.filter((each) => each.id === "tracefs"), connector, auditWindow];
  const usable = sources.find((each) => each.state !== "unusable") ?? null;
  const withRoot = sources.find((each) => each.needsRoot) ?? null;
  const live = usable !== null ? "yes" : withRoot !== null ? "root-missing" : "no";
  return { host, live, source: sourceOf((usable ?? withRoot)?.id), checks };
}

function sourceOf(id: Check["id"] | undefined): Examination["source"] {
  if (id === "audit-window") return "audit";
  return id === "tracefs" || id === "netlink" ? id : null;
}
