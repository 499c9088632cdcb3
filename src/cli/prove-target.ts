import { readFileSync } from "node:fs";
import { livingProcess } from "../capture/calls/living.ts";
import type { Diagnosis, Storm } from "../diagnosis/result.ts";
import {
  freezing,
  freezingCgroup,
  heldNow,
  stopping,
  stoppingUnit,
  type Intervention,
} from "../experiment/intervention.ts";
import { limitingCpu } from "../experiment/cpu.ts";
import type { CpuWay } from "../experiment/cpu-files.ts";
import { disablingLine } from "../experiment/line.ts";
import { membersBelow } from "../experiment/freezer.ts";
import { namespaceOfProgram, ownLine, type Target } from "../experiment/members.ts";
import { isVital, refusal, type Asker } from "../experiment/refuse.ts";
import { cgroupOfUnit, type UnitCgroup } from "../experiment/unit-cgroup.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { unitOf } from "../platform/container.ts";
import { startTicks } from "../platform/process-identity.ts";
import { StepRefused, type Step } from "../journal/types.ts";
import { planAgain, planQuarantine, stepsOf } from "../quarantine/plan.ts";
import { rootFolder } from "./root-folder.ts";
import { render } from "../report/text/catalogue/index.ts";
import { safe } from "../report/text/sanitise.ts";
import { keptDownUnit, stoppedUnit } from "./prove-unit.ts";
import type { ProveFlags } from "./commands/prove.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";

/** What was asked to be held; null: nothing was. Throws `Failure` where it may not be or cannot be. */
export async function askedIntervention(flags: ProveFlags, version: string): Promise<Intervention | null> {
  const { freeze, cpuWeight, cpuLimit, sigstop, stop, mask, disable, quarantine } = flags;
  const asked = [freeze, cpuWeight, cpuLimit, sigstop, stop, mask, disable, quarantine].filter(
    (one) => one !== undefined,
  );
  if (asked.length > 1) throw new Failure("name one thing to hold at a time: what decides then is known");
  // Without a name: the storm that is going to be found.
  if (asked.length === 0 || asked[0] === true) return null;
  const slowed = cpuWeight ?? cpuLimit;
  const chosen =
    freeze !== undefined
      ? freezeOf(freeze)
      : typeof slowed === "string"
        ? slowOf(slowed, cpuWeight === undefined ? "limit" : "weight")
        : sigstop !== undefined
          ? stopOf(sigstop)
          : stop !== undefined
            ? await stoppedUnit(stop, version, disableOf)
            : mask !== undefined
              ? await keptDownUnit(mask, version)
              : quarantine !== undefined
                ? quarantineOf(quarantine, flags.root ?? "/", flags.acrossReboot === true)
                : disableOf(disable ?? "");
  checkAll(chosen, freeze ?? stop ?? (typeof slowed === "string" ? slowed : null));
  return chosen;
}

/** The mildest that decides. Throws `Failure` where nothing may be held. */
export function mildestIntervention(diagnosis: Diagnosis, storm: Storm, flags: ProveFlags): Intervention {
  const { cpuWeight, cpuLimit } = flags;
  const chosen =
    cpuWeight === undefined && cpuLimit === undefined
      ? mildest(diagnosis, storm)
      : slowing(diagnosis, storm, cpuWeight === undefined ? "limit" : "weight");
  checkAll(chosen, null);
  return chosen;
}

function freezeOf(word: Untrusted): Intervention {
  if (/^[1-9]\d{0,9}$/.test(word)) {
    const pid = Number(word);
    const ticks = lifeOf(pid);
    // Before the whole tree is looked at: it might be that of PID 1.
    check([pid], null);
    return freezing(word, { by: "tree", pid, startTicks: ticks }) ?? noFreezer();
  }
  const unit = word.includes(".") ? word : `${word}.service`;
  const { version, folder, freezes } = cgroupOf(unit);
  if (freezes) return freezingCgroup(unit, version, folder);
  return freezing(unit, { by: "cgroup", folder }) ?? noFreezer();
}

function slowOf(word: Untrusted, way: CpuWay): Intervention {
  if (/^[1-9]\d{0,9}$/.test(word)) {
    const pid = Number(word);
    const ticks = lifeOf(pid);
    check([pid], null);
    return lessCpu(word, { by: "tree", pid, startTicks: ticks }, way);
  }
  const unit = word.includes(".") ? word : `${word}.service`;
  return lessCpu(unit, { by: "cgroup", folder: cgroupOf(unit).folder }, way);
}

function lessCpu(name: Untrusted, whom: Target, way: CpuWay): Intervention {
  const chosen = limitingCpu(name, whom, way);
  if (typeof chosen !== "string") return chosen;
  throw new Failure(
    `${safe(name)} cannot be given less CPU: ${safe(chosen)}`,
    "--freeze, or --sigstop PID",
    EXIT.inconclusive,
  );
}

/** A unit's cgroup. Throws `Failure` where nobody runs in one. */
function cgroupOf(unit: Untrusted): UnitCgroup {
  const cgroup = cgroupOfUnit(unit);
  if (cgroup !== null) return cgroup;
  throw new Failure(
    `nobody runs in a cgroup of a unit ${safe(unit)}`,
    "name a process by its number, or a unit of systemd that is running",
  );
}

function stopOf(word: Untrusted): Intervention {
  if (!/^[1-9]\d{0,9}$/.test(word)) throw new Failure(`--sigstop takes the number of a process, not ${safe(word)}`);
  return stopping(word, Number(word), lifeOf(Number(word)));
}

function disableOf(word: Untrusted): Intervention {
  const [, file, line] = /^(.+):([1-9]\d{0,6})$/s.exec(word) ?? [];
  if (file === undefined || line === undefined) throw new Failure(`--disable takes FILE:LINE, not ${safe(word)}`);
  const chosen = disablingLine(file, Number(line));
  if (typeof chosen === "string") throw new Failure(`${safe(word)}: ${chosen}`);
  return chosen;
}

/** Until a supervisor has found its program again, or has not. */
const FILE_SETTLE = 1;
/** A chain goes on by itself as soon as it is thawed: nobody is waited for. */
const CHAIN_FILE_SETTLE = 0.2;

/**
 * The file out of the way, as `quarantine` takes it, and who runs it frozen in a cgroup of their own (stopped, where there
 * is no freezer): all but ending them, which has no way back. What it was is looked at anew for each held slot. Until a
 * boot nobody is held: the boot ends them.
 */
function quarantineOf(word: Untrusted, dir: string, untilBoot: boolean): Intervention {
  const root = rootFolder(dir);
  try {
    const plan = planQuarantine(root, word);
    const [concern] = plan.concerns;
    if (concern !== undefined) throw new StepRefused("experiment.refused.concern", { path: word, kind: concern.kind });
    const { dev, inode } = plan.record;
    const frozen = plan.processes.length === 0 || untilBoot ? null : freezing(word, { by: "file", dev, inode });
    const stopping = frozen === null && !untilBoot ? ["processes.end"] : ["processes.stop", "processes.end"];
    const joining = (frozen?.prepare ?? []).map(({ data }) => ({ kind: "cgroup.join", data }));
    const steps = (id: string): Step[] => [
      ...joining,
      ...(frozen?.hold ?? []),
      ...stepsOf(planAgain(plan, root), id).filter(({ kind }) => !stopping.includes(kind)),
    ];
    return {
      kind: "quarantine",
      target: word,
      prepare: frozen?.prepare ?? [],
      hold: steps("whoforks"),
      again: steps,
      settleSeconds: FILE_SETTLE,
      remainder: 0.1,
    };
  } catch (error) {
    if (!(error instanceof StepRefused)) throw error;
    throw new Failure(render("en", error.why.code, error.why.args));
  }
}

/** Storms that go on by themselves, whoever started them. */
const SELF_SUSTAINED: ReadonlySet<string> = new Set(["self-replicating-chain", "fork-bomb"]);

/** The same intervention, with no more patience than this storm needs. */
export function settledFor(intervention: Intervention, { kind }: Storm): Intervention {
  const isFrozenChain =
    intervention.kind === "quarantine" && intervention.prepare.length > 0 && SELF_SUSTAINED.has(kind);
  return isFrozenChain ? { ...intervention, settleSeconds: CHAIN_FILE_SETTLE } : intervention;
}

/**
 * A chain is held by its members: whoever started it has nothing to do with it any more. Else by whoever starts them; and
 * where that is PID 1 or not to be held, by the supervisor's own command.
 */
function mildest(diagnosis: Diagnosis, storm: Storm): Intervention {
  for (const { name, whom } of makers(storm)) {
    const chosen = freezing(name, whom);
    if (chosen !== null) return chosen;
  }
  const restart = diagnosis.restarts.find((one) => one.storm === storm.id);
  if (restart?.supervisor === "systemd" && storm.program.root === "/" && !isVital(restart.unit)) {
    const { unit } = restart;
    return stoppingUnit("systemd", unit, ["systemctl", "stop", "--", unit], [["systemctl", "start", "--", unit]]);
  }
  throw new Failure(
    "nothing was found that may be held by itself",
    "name it: --freeze PID or UNIT, --stop UNIT, --disable FILE:LINE",
    EXIT.inconclusive,
  );
}

/** The same as far as processes can be slowed. */
function slowing(diagnosis: Diagnosis, storm: Storm, way: CpuWay): Intervention {
  const [maker] = makers(storm);
  if (maker !== undefined) return lessCpu(maker.name, maker.whom, way);
  const restart = diagnosis.restarts.find((one) => one.storm === storm.id);
  if (restart?.supervisor === "systemd" && storm.program.root === "/" && !isVital(restart.unit))
    return slowOf(restart.unit, way);
  throw new Failure(
    "nothing was found that may be slowed by itself",
    "name it: a process or a unit",
    EXIT.inconclusive,
  );
}

/** Processes that make a storm and may be held: the members of one that sustains itself, and who starts them. */
function* makers({ kind, program: { exe }, spawner }: Storm): Generator<{ name: Untrusted; whom: Target }> {
  if (SELF_SUSTAINED.has(kind) && exe !== null) {
    const mountNamespace = namespaceOfProgram(exe);
    if (mountNamespace !== null) yield { name: exe, whom: { by: "program", exe, mountNamespace } };
  }
  const ticks = spawner === null || spawner.pid <= 1 ? null : startTicks(spawner.pid);
  if (spawner !== null && ticks !== null && refusalOf(spawner.pid, asker(null)) === null)
    yield { name: String(spawner.pid), whom: { by: "tree", pid: spawner.pid, startTicks: ticks } };
}

function lifeOf(pid: number): string {
  const ticks = startTicks(pid);
  if (ticks === null)
    throw new Failure(
      `there is no process ${pid}`,
      "of a storm whose members are dead at once, name who starts them, or nothing at all",
    );
  return ticks;
}

function checkAll(chosen: Intervention, named: Untrusted | null): void {
  const unit = named === null ? null : named.includes(".") ? named : `${named}.service`;
  check(heldNow(chosen), unit);
  for (const { kind, data } of chosen.hold) {
    if (kind !== "cgroup.freeze" && kind !== "cgroup.cpu") continue;
    const { folder } = data as { folder: Untrusted };
    check(membersBelow(folder), unit);
  }
}

function check(pids: readonly number[], named: Untrusted | null): void {
  const who = asker(named);
  for (const pid of pids) {
    const refused = refusalOf(pid, who);
    if (refused !== null) throw new Failure(render("en", refused.code, refused.args), null);
  }
}

function refusalOf(pid: number, who: Asker): ReturnType<typeof refusal> {
  const facts = livingProcess(pid);
  if (facts === null) return null;
  const { comm, kernelThread, cgroup } = facts;
  const unit = cgroup === null ? null : (unitOf(cgroup)?.unit ?? null);
  return refusal({ pid, comm, kernelThread, session: sessionOf(pid), unit }, who);
}

function asker(named: Untrusted | null): Asker {
  return { line: ownLine(), session: sessionOf(process.pid), named };
}

/** Leader of a process's session: field 6 of /proc/PID/stat (proc_pid_stat(5)). */
function sessionOf(pid: number): number | null {
  try {
    const text = fromBytes(readFileSync(`/proc/${pid}/stat`));
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[3]);
  } catch {
    return null;
  }
}

function noFreezer(): never {
  throw new Failure(
    "this host has no freezer of cgroups (version 2 since Linux 5.2, or the controller freezer of version 1)",
    "--sigstop PID, or --stop UNIT",
    EXIT.inconclusive,
  );
}
