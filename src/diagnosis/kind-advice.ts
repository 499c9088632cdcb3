import { advice } from "./advice-item.ts";
import { scriptOf, type Story } from "./chain.ts";
import { causeAdvice } from "./end-advice.ts";
import { factAdvice, isToldByFacts } from "./kind-words.ts";
import { actorName, programName } from "./names.ts";
import { foregroundAdvice, limitAdvice, logAdvice, stopAdvice } from "./owner-advice.ts";
import { onHost } from "./packs/index.ts";
import { tasksCapped } from "./packs/systemd.ts";
import type { Advice } from "./result.ts";

/** A storm by the clock has many jobs; the first of them show what to do with the rest. */
const JOBS_SHOWN = 3;
/** Lines of a script shown around the one that is meant. */
const AROUND = 5;
/** Enough for what a service does, and few enough to let somebody log in. */
const MOST_TASKS = 200;

/** What to do about a storm of this kind, by whom its jobs belong to. `suspect`: what stops it has been said already. */
export function kindAdvice(story: Story, suspect: boolean): Advice[] {
  const { storm, finding, restarts } = story;
  const { root } = storm.program;
  const program = programName(storm.program);
  const stop = suspect ? [] : stopAdvice(restarts, root);
  switch (storm.kind) {
    case "crash-loop":
      return [
        ...logAdvice(restarts, root),
        ...spawnerAdvice(story, restarts.length > 0),
        ...causeAdvice(story),
        ...stop,
        ...limitAdvice(restarts, root),
      ];
    case "respawn-loop": {
      const clean = endsClean(story);
      return [
        ...stop,
        ...spawnerAdvice(story, restarts.length > 0),
        ...logAdvice(restarts, root),
        ...(clean ? foregroundAdvice(restarts, program) : []),
        ...causeAdvice(story),
        ...limitAdvice(restarts, root),
      ];
    }
    case "fork-bomb":
      return [capAdvice(story), ...spawnerAdvice(story, false), ...stop];
    case "shell-loop":
      return [...scriptAdvice(story), ...pauseAdvice(story), ...stop];
    case "self-replicating-chain":
      return suspect ? [] : [...stop, advice("fix-program", { program, end: null }, "needs-review")];
    case "timer-storm":
    case "cron-storm":
      return [
        ...(suspect ? [] : stopAdvice(restarts, root, JOBS_SHOWN)),
        ...limitAdvice(restarts, root, JOBS_SHOWN),
        ...factAdvice(story),
      ];
    case "container-restart-loop":
      return [...logAdvice(restarts, root), ...stop, ...limitAdvice(restarts, root), ...factAdvice(story)];
    case "polling-agent":
      return [...intervalAdvice(story), ...factAdvice(story), ...pauseAdvice(story), ...stop];
    case "login-storm":
    case "connection-storm":
      return [...factAdvice(story), ...limitAdvice(restarts, root), ...stop];
    case "health-check-storm":
      // Who checks serves others: to stop it is the last thing to do.
      return [...limitAdvice(restarts, root), ...factAdvice(story), ...stop];
    case "udev-storm":
      return [...stop, ...factAdvice(story), ...queueAdvice(story)];
    default:
      if (isToldByFacts(storm.kind)) return [...stop, ...factAdvice(story)];
      return finding.spawner === null
        ? [advice("run-longer", {}, "safe", ["whoforks", "diagnose", "--duration", "30s"])]
        : spawnerAdvice(story, false);
  }
}

function spawnerAdvice({ finding: { spawner } }: Story, isKnown: boolean): Advice[] {
  if (isKnown || spawner === null) return [];
  const command = spawner.pid === 0 ? null : ["ps", "-o", "pid,ppid,user,lstart,args", "-p", String(spawner.pid)];
  return [advice("look-at-spawner", { spawner: actorName(spawner) }, "safe", command)];
}

function endsClean({ storm: { exits } }: Story): boolean {
  const all = exits.reduce((sum, { count }) => sum + count, 0);
  const clean = exits.filter(({ code, signal }) => code === 0 && signal === null);
  return all > 0 && clean.reduce((sum, { count }) => sum + count, 0) >= 0.9 * all;
}

/** Bounded by its unit where that is one of the host's own, so that the rest of the host goes on. */
function capAdvice({ storm, material }: Story): Advice {
  const program = programName(storm.program);
  const unit = storm.unit?.unit ?? null;
  const isService = unit !== null && /\.(?:service|scope)$/.test(unit) && !unit.startsWith("init.");
  const way = material.live !== null && isService && storm.container === null ? tasksCapped(unit, MOST_TASKS) : null;
  const args = { program, unit: way === null ? null : unit };
  return advice("cap-processes", args, "needs-review", way?.command ?? null, way?.undo ?? null);
}

/** The script and the line of its loop, and a look at it. */
function scriptAdvice(story: Story): Advice[] {
  const { finding, pace, storm } = story;
  const spawner = finding.spawner === null ? null : actorName(finding.spawner);
  if (pace === null) {
    const pid = finding.spawner?.pid ?? 0;
    const look = pid === 0 ? null : ["ps", "-o", "pid,ppid,user,lstart,args", "-p", String(pid)];
    return [advice("fix-script", { spawner, script: scriptOf(story), line: null }, "needs-review", look)];
  }
  const { file, line } = pace;
  const look = ["sed", "-n", `${Math.max(1, line - 1)},${line + AROUND}p`, onHost(storm.program.root, file)];
  return [advice("fix-script", { spawner, script: file, line }, "needs-review", look)];
}

/** The setting whose value is the pace that was seen. */
function intervalAdvice({ finding, pace, storm }: Story): Advice[] {
  if (pace === null || finding.spawner === null) return [];
  const { file, line, text } = pace;
  const args = { spawner: actorName(finding.spawner), file, line, text, periodMs: finding.facts["periodMs"] };
  return [advice("agent-interval", args, "needs-review", ["sed", "-n", `${line}p`, onHost(storm.program.root, file)])];
}

/** Whoever starts them lives on: it can be held, and go on where it was. */
function pauseAdvice({ finding: { spawner }, material }: Story): Advice[] {
  const living = spawner === null ? undefined : material.live?.after.processes.get(spawner.pid);
  // Nobody holds PID 1, and the number must still be the same program's.
  if (spawner === null || living === undefined || spawner.pid <= 1 || living.exe !== spawner.image.exe) return [];
  const pid = String(spawner.pid);
  const args = { spawner: actorName(spawner) };
  return [advice("pause-process", args, "needs-review", ["kill", "-STOP", pid], ["kill", "-CONT", pid])];
}

/** udevd goes on to take events and handles none until it is told to. */
function queueAdvice({ material }: Story): Advice[] {
  if (material.live === null) return [];
  return [
    advice(
      "hold-udev",
      {},
      "needs-review",
      ["udevadm", "control", "--stop-exec-queue"],
      ["udevadm", "control", "--start-exec-queue"],
    ),
  ];
}
