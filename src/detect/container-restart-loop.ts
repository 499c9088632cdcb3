import { imageKey } from "../derive/index.ts";
import { type Command, type Family } from "../derive/family.ts";
import { isContainerManager, isRuntime, isShim } from "./containers.ts";
import { descent } from "./descent.ts";
import { baseName, reason, stormOf } from "./measure.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: a container ends soon after its start, and its manager starts it again (Docker's restart policy, a pod in
 * CrashLoopBackOff). Each turn costs a shim, several runs of the runtime, and network hooks: 50 processes are not many.
 *
 * Told apart from health checks by a new shim each time (a check runs in a container that lives), and from a host that runs
 * many containers by the id in the shim's arguments: Docker starts the same container again.
 */
export const containerRestartLoop: Detector = { kind: "container-restart-loop", detect };

/** Docker doubles its pause from 100 ms, so that five seconds hold five turns. */
const MIN_TURNS = 3;

function detect(view: View): Outcome {
  const findings = view.derived.families.map((family) => judge(family, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(shims: Family, { derived, known }: View): Finding | null {
  const { spawnerImage, image, spawned, ended } = shims;
  if (spawnerImage === null || !isShim(baseName(image)) || spawned < MIN_TURNS) return null;
  const manager = baseName(spawnerImage);
  // containerd's shim starts itself once more and ends: the second one belongs to init.
  if (!isContainerManager(manager) && !isShim(manager)) return null;
  if (known.lifetimes && ended < spawned / 2) return null;
  const covers = descent([shims], derived.families, imageKey(spawnerImage));
  const actor = shims.spawners.ranked()[0]?.value ?? null;
  const spawner = actor === null ? manager : spawnerText(actor);
  const runs = runsOfRuntimes(covers);
  const id = sameId(shims.commands?.ranked() ?? []) ?? sameId(runs);
  // A manager starts its shim for other things too (`conmon --version`): where it is known, what was created counts.
  const created = runs.reduce((sum, { value, count }) => (value.argv.includes("create") ? sum + count : sum), 0);
  const turns = created >= MIN_TURNS ? created : spawned;
  // containerd runs its shim once more to clean up (`delete`).
  const leastTurns = created >= MIN_TURNS ? created : Math.ceil(spawned / 2);
  const reasons = [
    reason("for", "shim-each-time", { count: spawned, spawner }),
    id === null ? reason("against", "containers-unknown") : reason("for", "same-container", { id: id.slice(0, 12) }),
  ];
  return stormOf({
    kind: "container-restart-loop",
    subject: shims,
    covers,
    spawner: actor,
    reasons,
    facts: { manager: spawner, turns, leastTurns, id: id?.slice(0, 12) ?? null },
  });
}

type Runs = readonly { value: Command; count: number }[];

/**
 * The container id that most of the shims, or most runs of the runtime, bear in their arguments; null where they differ or
 * are unknown. A manager written in Go starts its shim without a C library, so that those arguments are often not known.
 */
function sameId(runs: Runs): string | null {
  const counts = new Map<string, number>();
  let known = 0;
  for (const { value, count } of runs) {
    const id = value.argv.find((word) => /^[0-9a-f]{64}$/.test(word));
    known += count;
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + count);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most !== undefined && most[1] >= Math.max(MIN_TURNS, known / 2) ? most[0] : null;
}

/** By their first argument: a runtime goes on as a copy of itself that bears another name (/dev/fd/3, /proc/self/exe). */
function runsOfRuntimes(covers: readonly Family[]): Runs {
  return covers
    .flatMap(({ commands }) => commands?.ranked() ?? [])
    .filter(({ value: { argv } }) => isRuntime(baseName({ exe: argv[0] ?? "", comm: "" })));
}
