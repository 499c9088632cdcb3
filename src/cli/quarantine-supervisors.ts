import { disablingLine } from "../experiment/line.ts";
import type { Step } from "../journal/types.ts";
import type { Untrusted } from "../model/text.ts";
import { hostPath } from "../quarantine/place.ts";
import type { QuarantineResult } from "../quarantine/result.ts";

type Restart = QuarantineResult["restarts"][number];

/** Steps that keep supervisors from starting a file again, and those of its jobs for which there is none. */
export interface Disabling {
  steps: Step[];
  left: Restart[];
}

/** Supervisors whose job is a line of a table that they read again by themselves or at SIGHUP. */
const TABLES = new Set(["sysvinit", "cron", "inetd"]);
/** Commands of `stop` that edit files: what they did could not be told from what others did meanwhile. */
const EDITORS = new Set(["sed", "sh", "chmod"]);

/**
 * For each job: its line made a comment, in whichever root its table lies, or its supervisor's own command, which reaches
 * this host's supervisors only.
 */
export function disabling(restarts: readonly Restart[], root: Untrusted): Disabling {
  const steps: Step[] = [];
  const left: Restart[] = [];
  for (const restart of restarts) {
    const found = stepsFor(restart, root);
    if (found === null) left.push(restart);
    else steps.push(...found);
  }
  return { steps, left };
}

function stepsFor({ supervisor, unit, file, line, stop, undo }: Restart, root: Untrusted): Step[] | null {
  if (TABLES.has(supervisor) && line !== null) {
    const chosen = disablingLine(hostPath({ root, path: file }), line);
    return typeof chosen === "string" ? null : chosen.hold;
  }
  if (root !== "/") return null;
  if (supervisor === "upstart") return command(supervisor, unit, ["initctl", "stop", unit], ["initctl", "start", unit]);
  if (stop === null || undo === null || EDITORS.has(stop[0] ?? "")) return null;
  return command(supervisor, unit, stop, undo);
}

function command(supervisor: string, unit: Untrusted, stop: Untrusted[], start: Untrusted[]): Step[] {
  return [{ kind: "unit.stop", data: { supervisor, unit, stop, start: [start] } }];
}
