import type { Untrusted } from "../model/text.ts";
import { fromBytes } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { attempt } from "./files/read-config.ts";
import type { Job } from "./types.ts";

/**
 * Variables by which supervisors name the job of a process: init(5) of upstart, supervisord's subprocess environment,
 * openrc-run(8), monit(1), pm2 (lib/God/ForkMode.js). Whoever starts another process hands them on, and a program can write what it likes.
 */
const NAMED_BY: Readonly<Record<string, string>> = {
  upstart: "UPSTART_JOB",
  openrc: "RC_SVCNAME",
  monit: "MONIT_SERVICE",
  pm2: "name",
};

/** The variables that `claimsJob` looks at. */
export const NAMES_OF_JOBS: readonly string[] = [
  ...Object.values(NAMED_BY),
  "SUPERVISOR_PROCESS_NAME",
  "SUPERVISOR_GROUP_NAME",
  "INVOCATION_ID",
  "pm_id",
];

/** Whether a process says by its environment that it is of this job. */
export function claimsJob(
  root: Root,
  job: Pick<Job, "supervisor" | "unit" | "manager">,
  environment: Readonly<Record<string, Untrusted>> | null | undefined,
): boolean {
  if (job.supervisor === "supervisord") {
    const [group = "", name = ""] = [environment?.["SUPERVISOR_GROUP_NAME"], environment?.["SUPERVISOR_PROCESS_NAME"]];
    // A program that is in no group of another name is one of its own.
    const units = [`${group}:${name}`, `${group}:*`, ...(group === name ? [name] : [])];
    return group !== "" && name !== "" && units.includes(job.unit);
  }
  if (job.supervisor === "systemd") return job.manager === undefined && isInvocation(root, job.unit, environment);
  // `name` alone is anybody's word.
  if (job.supervisor === "pm2" && !/^\d{1,9}$/.test(environment?.["pm_id"] ?? "")) return false;
  const variable = Object.hasOwn(NAMED_BY, job.supervisor) ? NAMED_BY[job.supervisor] : undefined;
  const claimed = variable === undefined ? undefined : environment?.[variable];
  return claimed !== undefined && claimed !== "" && claimed === job.unit;
}

/**
 * Whether the run of a unit that systemd began last bears the number that a process has in its environment (systemd.exec(5));
 * systemd keeps it as the target of a link (src/core/unit.c, unit_export_invocation_id).
 */
function isInvocation(
  root: Root,
  unit: Untrusted,
  environment: Readonly<Record<string, Untrusted>> | null | undefined,
): boolean {
  const claimed = environment?.["INVOCATION_ID"] ?? "";
  if (!/^[0-9a-f]{32}$/.test(claimed)) return false;
  const link = `/run/systemd/units/invocation:${unit}`;
  return attempt([], link, null, () => root.readlink(link)) === claimed;
}

/** A number with its newline. */
const MOST_BYTES = 32;

/**
 * Whether the job's pidfile holds the number of a process, as its own PID namespace counts. Whoever may write the file may
 * write any number: the caller sees to it that more speaks for the job. Never follows the file out of the root.
 */
export function isInPidFile(
  root: Root,
  { pidFile, settings }: Pick<Job, "pidFile" | "settings">,
  pid: number,
): boolean {
  const file = pidFile ?? settings?.PIDFile;
  if (file === undefined) return false;
  // systemd takes a relative one below /run (systemd.service(5)).
  const path = file.startsWith("/") ? file : `/run/${file}`;
  const bytes = attempt([], path, null, () => root.read(path, MOST_BYTES));
  return bytes !== null && /^\s*(\d{1,10})\s*$/.exec(fromBytes(bytes))?.[1] === String(pid);
}
