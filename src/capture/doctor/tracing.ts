import { accessSync, constants, existsSync } from "node:fs";
import type { Check, CheckId, Gift, Note } from "../../model/doctor.ts";
import { errnoOf } from "../../platform/errno.ts";
import { kernelKnows, mounts } from "../../platform/mount.ts";
import { hasEprobes } from "../tracefs/eprobes.ts";
import { findMounted } from "../tracefs/locate.ts";
import { AS_ROOT, BY_AUDIT, check, note } from "./check.ts";
import { wholeTextOf, type Circumstances } from "./circumstances.ts";

const DIR = "/sys/kernel/tracing";
const GIVES: readonly Gift[] = ["forks", "names", "reapers", "losses-counted"];

/** tracefs and what hangs on it. Nothing is mounted: what only a mount would show is taken from the kernel's configuration. */
export function tracingChecks(now: Circumstances): Check[] {
  const found = findMounted(mounts());
  const tracefs = tracefsCheck(now, found?.dir ?? null);
  const events = (path: string, option: string): boolean | null => {
    // Looking under debugfs or as somebody else may show nothing; then the configuration is asked.
    if (found !== null && canLookInto(`${found.dir}/events`)) return existsSync(`${found.dir}/${path}`);
    return now.config(option);
  };
  return [
    tracefs,
    part("exit-tracepoints", tracefs, ["exit-codes"], events("events/syscalls", "FTRACE_SYSCALLS"), [
      note("no-exit-tracepoints"),
    ]),
    part("sched-switch", tracefs, ["cpu-of-dead"], events("events/sched/sched_switch", "EVENT_TRACING"), [
      note("no-sched-switch"),
    ]),
    part("uprobes", tracefs, ["library-calls", "argv"], events("uprobe_events", "UPROBE_EVENTS"), [note("no-uprobes")]),
    eprobesCheck(now, tracefs, found?.dir ?? null),
  ];
}

function tracefsCheck(now: Circumstances, dir: string | null): Check {
  const unusable = (notes: Note[], rest: Partial<Check> = {}): Check =>
    check("tracefs", "unusable", { gives: GIVES, notes, ...rest });
  if (now.lockdown === "confidentiality") return unusable([note("confidentiality")]);
  if (dir === null) {
    if (!kernelKnows("tracefs")) return unusable([note("no-tracefs")]);
    if (!now.root) return unusable([note("needs-root")], { needsRoot: true, command: AS_ROOT });
    if (!now.sysAdmin) return unusable([note("may-not-mount"), note("container-flags")]);
    if (!existsSync(DIR))
      return unusable([note("no-sysfs")], {
        command: ["mount", "-t", "sysfs", "sysfs", "/sys"],
        undo: ["umount", "/sys"],
      });
    const notes = [note("mounted-for-the-run", { dir: DIR })];
    return inNamespace(now, check("tracefs", "usable", { gives: GIVES, notes }));
  }
  try {
    accessSync(`${dir}/instances`, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!now.root) return unusable([note("needs-root")], { needsRoot: true, command: AS_ROOT });
    const code = errnoOf(error);
    if (code === "EROFS")
      return unusable([note("read-only", { dir })], {
        command: ["mount", "-o", "remount,rw", dir],
        undo: ["mount", "-o", "remount,ro", dir],
      });
    return unusable([note("no-instances", { dir, code })]);
  }
  return inNamespace(now, check("tracefs", "usable", { gives: GIVES, notes: [note("mounted", { dir })] }));
}

/** Event probes come beside uprobes: only audit records tell what both miss. */
function eprobesCheck(now: Circumstances, tracefs: Check, dir: string | null): Check {
  const readme = dir === null ? null : wholeTextOf(`${dir}/README`);
  const usable = part("eprobes", tracefs, ["argv"], hasEprobes(readme, now.config), [note("no-eprobes")]);
  if (usable.state !== "unusable")
    return { ...usable, state: "remark", notes: [...usable.notes, note("eprobes-miss")] };
  return usable.needsRoot ? usable : { ...usable, command: BY_AUDIT };
}

/** The numbers of its events are those of the initial PID namespace, those of /proc are not. */
function inNamespace(now: Circumstances, usable: Check): Check {
  if (now.initialPidNamespace) return usable;
  return { ...usable, state: "remark", notes: [...usable.notes, note("other-pids")] };
}

/** Something that needs tracefs and one thing more. */
function part(
  id: CheckId,
  tracefs: Check,
  gives: readonly Gift[],
  there: boolean | null,
  without: readonly Note[],
): Check {
  if (there === false) return check(id, "unusable", { gives, notes: without });
  if (tracefs.state === "unusable") {
    const { needsRoot } = tracefs;
    return check(id, "unusable", { gives, needsRoot, notes: [note(needsRoot ? "needs-root" : "needs-tracefs")] });
  }
  if (there === null) return check(id, "remark", { gives, notes: [note("unknown-until-mounted")] });
  return check(id, "usable", { gives });
}

function canLookInto(dir: string): boolean {
  try {
    accessSync(dir, constants.X_OK);
    return true;
  } catch {
    // ENOENT or EACCES: it cannot be told from here.
    return false;
  }
}
