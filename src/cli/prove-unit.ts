import { stopWay } from "../diagnosis/packs/index.ts";
import { stoppingUnit, type Intervention } from "../experiment/intervention.ts";
import { maskingUnit, overridingJob } from "../experiment/keep-down.ts";
import { isVital } from "../experiment/refuse.ts";
import { isRunning } from "../experiment/unit-running.ts";
import type { Untrusted } from "../model/text.ts";
import { openRoot } from "../platform/root.ts";
import { safe } from "../report/text/sanitise.ts";
import { why } from "../why/answer.ts";
import { questionOf } from "../why/question.ts";
import type { WhyRestart } from "../why/result.ts";
import { Failure } from "./failure.ts";

/** `--stop UNIT`: its supervisor's own commands, or its line of a table. Throws `Failure` where it may not or cannot be. */
export async function stoppedUnit(
  word: Untrusted,
  version: string,
  disabled: (fileAndLine: Untrusted) => Intervention,
): Promise<Intervention> {
  const job = await jobOf("--stop", word, version);
  const { supervisor, unit, file, line } = job;
  const way = wayOf(job);
  if (isRunning(supervisor, unit, way?.command) === false)
    throw new Failure(`${safe(unit)} does not run: to take its stop back would start it`);
  if (supervisor === "systemd")
    return stoppingUnit(supervisor, unit, ["systemctl", "stop", "--", unit], [["systemctl", "start", "--", unit]]);
  if (supervisor === "upstart")
    return stoppingUnit(supervisor, unit, ["initctl", "stop", unit], [["initctl", "start", unit]]);
  if (way !== null && way.command[0] !== "sed" && way.command[0] !== "sh" && way.command[0] !== "chmod")
    return stoppingUnit(supervisor, unit, way.command, [way.undo]);
  if (line !== null) return disabled(`${file}:${line}`);
  throw new Failure(`${supervisor} has no command that stops ${safe(unit)} and starts it again`);
}

/** `--mask UNIT`: not started by anybody (systemd), or not by itself (upstart), and stopped where it runs. Throws `Failure`. */
export async function keptDownUnit(word: Untrusted, version: string): Promise<Intervention> {
  const job = await jobOf("--mask", word, version);
  const { supervisor, unit, file } = job;
  if (supervisor !== "systemd" && supervisor !== "upstart")
    throw new Failure(`--mask is for units of systemd and jobs of upstart, not of ${supervisor}`, "--stop UNIT");
  const running = isRunning(supervisor, unit);
  if (running === null) throw new Failure(`${supervisor} cannot be asked whether ${safe(unit)} runs`);
  if (supervisor === "systemd") {
    if (wayOf(job)?.command[1] === "mask") return maskingUnit(unit, running);
    throw new Failure(
      `${safe(unit)} cannot be masked in /run: its file is in a folder that goes before`,
      "--stop UNIT",
    );
  }
  const chosen = overridingJob(unit, file.replace(/\.(?:conf|override)$/, ".override"), running);
  if (typeof chosen === "string") throw new Failure(safe(chosen));
  return chosen;
}

async function jobOf(option: string, word: Untrusted, version: string): Promise<WhyRestart> {
  const question = questionOf(word, "/");
  if (question.kind !== "name")
    throw new Failure(`${option} takes a unit, not ${safe(word)}`, "SUPERVISOR:UNIT where the name is not enough");
  const { restarts } = await why({ version, asked: word, question, root: openRoot("/"), sight: null });
  const [job] = restarts;
  if (job === undefined)
    throw new Failure(
      `no supervisor of this host has a unit ${safe(word)}`,
      `whoforks why ${safe(word)} tells where it was looked for`,
    );
  const { supervisor, unit } = job;
  // Whatever it was found by: an alias, or the program that it runs.
  if (isVital(unit) && word !== `${supervisor}:${unit}` && !(word === unit && unit.includes(".")))
    throw new Failure(
      `${safe(unit)} is a unit that a host cannot do without`,
      `name it in full if you mean it: ${unit.includes(".") ? "" : `${supervisor}:`}${safe(unit)}`,
    );
  if (unit.startsWith("-")) throw new Failure(`${safe(unit)} would be taken for an option by ${supervisor}`);
  return job;
}

function wayOf(job: WhyRestart): ReturnType<typeof stopWay> {
  return stopWay({ ...job, storm: "", limitAllowsRate: null }, "/");
}
