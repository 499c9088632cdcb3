import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { initKind, INITS } from "./init-kind.ts";
import { supervisors } from "./registry.ts";
import type { AtWork, Job, Starter } from "./types.ts";

/** Programs that run a supervisor written in their language: the supervisor is their first argument then. */
const INTERPRETERS = /^(?:python[\d.]*|perl[\d.]*|node|nodejs|ruby[\d.]*|sh|bash|dash)$/;

const USERS = "systemd-user";

const AT_WORK: ReadonlyMap<string, AtWork> = new Map(
  supervisors.flatMap(({ id, atWork }) => (atWork === undefined ? [] : [[id, atWork] as const])),
);

/**
 * Tells for each job whether the spawner is the supervisor that it belongs to. A name is forgeable, so `true` never
 * stands alone: the caller has a job whose own file names the program that the spawner was seen to start.
 */
export function spawnerTest(root: Root, spawner: Starter | undefined): (job: Job) => boolean | null {
  if (spawner === undefined) return () => null;
  const init = initKind(root, spawner.exe);
  // The manager of a user is the same program, and reads other units.
  const kind = init === "systemd" && spawner.pid !== 1 && spawner.argv?.includes("--user") === true ? USERS : init;
  const isInit = kind !== null || spawner.pid === 1;
  return (job) => {
    const atWork = AT_WORK.get(job.supervisor);
    if (job.supervisor === USERS) return kind === USERS ? true : null;
    // What rc.local or a container's manager has started may be handed to any init.
    if (atWork === undefined) return kind === null || !INITS.has(job.supervisor) ? null : kind === job.supervisor;
    return isInit ? null : worksFor(atWork, spawner, job);
  };
}

/**
 * False: a process of this supervisor that works for another job. Null: some other process, which says nothing, since the
 * job's own script or shell may stand between.
 */
function worksFor(atWork: AtWork, { exe, argv }: Starter, job: Job): boolean | null {
  const program = baseOf((exe ?? "").replace(/ \(deleted\)$/, ""));
  const isInterpreter = INTERPRETERS.test(program);
  if (atWork.throughShell === true && isInterpreter && argv?.[1] === "-c" && argv[2] === job.command) return true;
  const script = isInterpreter ? baseOf(argv?.[1] ?? "") : "";
  if (!atWork.programs.includes(program) && !atWork.programs.includes(script)) return null;
  if (atWork.worksFor === undefined) return true;
  return argv === undefined || argv === null ? null : atWork.worksFor(argv, job);
}

function baseOf(path: Untrusted): Untrusted {
  return path.slice(path.lastIndexOf("/") + 1);
}
