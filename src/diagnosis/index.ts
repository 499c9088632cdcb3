import type { PastExperiment } from "../model/past-experiment.ts";
import { cpuUse } from "../derive/cpu.ts";
import { zombieParents } from "../derive/zombies.ts";
import { detect, type Detection } from "../detect/index.ts";
import type { Finding } from "../detect/types.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Root } from "../platform/root.ts";
import { adviceFor, adviceWithoutStorm } from "./advice.ts";
import { askedByTimer } from "./by-timer.ts";
import { withoutCallsOf32Bit } from "./calls-of-32-bit.ts";
import { chainOf, scriptOf, type Story } from "./chain.ts";
import { cpuAccount } from "./cpu-account.ts";
import type { LookupAnswer, ProgramPlace } from "./lookup.ts";
import type { Material } from "./material.ts";
import type { PaceLine } from "./pace-line.ts";
import { SCHEMA, type Diagnosis, type SourceAccount } from "./result.ts";
import { restartsOf, type RestartAnswer, type RestartFacts } from "./restarts.ts";
import { toStorm } from "./storms.ts";
import { symptomOf } from "./symptom.ts";
import { verdictOf } from "./verdict.ts";

type Gap = Diagnosis["couldNotLook"][number];

/** How many storms are looked into (whose file, who brings it back); more are named only. */
const LOOKED_INTO = 4;

/** Puts everything together: the storms, who brings them back, whether the programs are what they claim, and what to do. */
export async function diagnose(material: Material): Promise<Diagnosis> {
  const cpu =
    material.live === null ? null : cpuUse(material.live.before, material.live.after, material.host.cpus ?? 1);
  const detection = detectEach(material);
  const accounts = cpu === null ? [] : detection.findings.map((finding) => cpuAccount(finding, material, cpu));
  const symptom = symptomOf(material, cpu, accounts);
  const stories: Story[] = [];
  const couldNotLook = [...material.couldNotLook];
  for (const [index, finding] of detection.findings.entries()) {
    const storm = toStorm(finding, index, material, cpu, accounts[index] ?? null);
    const looked =
      index < LOOKED_INTO && !storm.benign
        ? await lookInto(material, storm, finding, couldNotLook)
        : { identity: null, restarts: [], pace: null };
    const byTimer = askedByTimer(finding, looked.restarts);
    if (byTimer !== null) {
      storm.kind = "timer-storm";
      storm.reasons = byTimer.reasons;
    }
    const elf = looked.identity?.elf ?? null;
    // The kernel tells 32 or 64 bits; the file also names the machine.
    if (elf !== null && (storm.abi === null || storm.abi.bits === elf.bits))
      storm.abi = { machine: elf.machine, bits: elf.bits };
    const unseen = withoutCallsOf32Bit(storm, material);
    if (unseen !== null) couldNotLook.push(unseen);
    stories.push({ material, symptom, cpu, storm, finding: byTimer ?? finding, ...looked });
  }
  if (detection.findings.length > 0) {
    // What a detector could not look at matters only when there is something to tell apart.
    for (const { code, what, why, remedy } of detection.couldNotLook) couldNotLook.push({ code, what, why, remedy });
  }
  const worst = stories[0] ?? null;
  const verdict = verdictOf(material, symptom, worst);
  return {
    schema: SCHEMA,
    tool: { name: "whoforks", version: material.version },
    host: material.host,
    window: {
      start: material.window.startEpochMs === null ? null : new Date(material.window.startEpochMs).toISOString(),
      seconds: material.window.seconds,
    },
    sources: material.sources.map(account),
    symptom,
    storms: stories.map((story) => story.storm),
    restarts: stories.flatMap((story) => story.restarts.map((facts) => facts.restart)),
    identities: stories.map((story) => story.identity).filter((identity) => identity !== null),
    verdict,
    chain: worst === null ? [] : chainOf(worst),
    advice: worst === null ? adviceWithoutStorm(material, verdict.code) : adviceFor(worst),
    couldNotLook: once(couldNotLook),
    hidden: material.hidden?.processes ?? null,
    hiddenLook: material.hidden?.look ?? null,
    footing: material.footing ?? null,
    experiment: experimentOn(
      stories.map((story) => story.storm),
      material.experiments ?? [],
    ),
    cost: material.cost(),
  };
}

/** The newest experiment about a program of these storms, in the same root. */
function experimentOn(
  storms: readonly Diagnosis["storms"][number][],
  experiments: readonly PastExperiment[],
): Diagnosis["experiment"] {
  for (const experiment of experiments) {
    const { exe, root } = experiment;
    const storm = storms.find(({ program }) => program.exe === exe && program.root === root);
    if (storm !== undefined) return { ...experiment, storm: storm.id };
  }
  return null;
}

/** Asks the detectors about each host by itself; the worst storm of all comes first. */
function detectEach(material: Material): Detection {
  const { derived, known, window, live } = material;
  const zombies = live === null ? null : zombieParents(live.before, live.after);
  const looked = {
    zombies,
    startEpochMs: window.startEpochMs,
    ...(live?.listening === undefined ? {} : { listening: live.listening }),
    accepted: live === null ? null : acceptedBetween(live.before, live.after),
  };
  const all = (material.parts ?? [derived]).map((part) => detect(part, known, window.seconds, looked));
  const findings = all.flatMap((detection) => detection.findings).filter((finding) => isTold(finding, material));
  findings.sort((a, b) => Number(a.benign) - Number(b.benign) || b.perSecond - a.perSecond);
  return { findings, couldNotLook: all.flatMap((detection) => detection.couldNotLook) };
}

function acceptedBetween({ acceptedTcp: from }: Snapshot, { acceptedTcp: to }: Snapshot): number | null {
  return from === undefined || to === undefined ? null : to - from;
}

/** Without times only the shape of a family tells anything; that programs are started again and again is no storm by itself. */
function isTold({ kind }: Finding, { stampNs }: Material): boolean {
  return stampNs !== null || kind === "self-replicating-chain" || kind === "fork-bomb";
}

/** Several storms may lack the same thing; it is said once. */
function once(gaps: Diagnosis["couldNotLook"]): Diagnosis["couldNotLook"] {
  return [...new Map(gaps.map((gap) => [`${gap.code}\0${gap.what}\0${gap.why}`, gap])).values()];
}

async function lookInto(
  material: Material,
  storm: Story["storm"],
  finding: Finding,
  couldNotLook: Diagnosis["couldNotLook"],
): Promise<Pick<Story, "identity" | "restarts" | "pace">> {
  const exe = storm.program.exe;
  if (exe !== null && exe !== "?" && !exe.startsWith("/")) {
    couldNotLook.push({
      code: "identity.relative-name",
      what: `whose file ${exe} is`,
      why: "the log names it relative to a folder that it does not tell",
      remedy: null,
    });
    return { identity: null, restarts: [], pace: null };
  }
  if (exe === null && material.live === null && storm.program.comm !== "?") {
    couldNotLook.push({
      code: "identity.task-name-only",
      what: `whose file ${storm.program.comm} is`,
      why: "the evidence has the name of its task and no file",
      remedy: "sudo whoforks diagnose",
    });
    return { identity: null, restarts: [], pace: null };
  }
  if (exe === null || !exe.startsWith("/")) {
    couldNotLook.push({
      code: "identity.program-unknown",
      what: `whose file ${exe ?? storm.program.comm} is`,
      why: "the processes were gone before their file could be read, and no exec of theirs was seen",
      remedy: "whoforks diagnose --duration 30s",
    });
    return { identity: null, restarts: [], pace: null };
  }
  const answer =
    material.recorded === undefined
      ? await lookUp(exe, material, storm, finding)
      : (material.recorded.answerFor(storm) ?? notRecorded(exe));
  const { root, identity, restarts, pace = null } = answer;
  material.onAnswer?.({ program: exe, spawner: storm.spawner?.pid ?? null, place: storm.program.root, ...answer });
  if (root !== null) storm.program.root = root;
  couldNotLook.push(...answer.couldNotLook);
  return { identity, restarts, pace };
}

/** Looks at the file and the supervisors of the root that the program belongs to. */
async function lookUp(exe: string, material: Material, storm: Story["storm"], finding: Finding): Promise<LookupAnswer> {
  const couldNotLook: Diagnosis["couldNotLook"] = [];
  const near = [storm.reaper?.pid, storm.spawner?.pid];
  const { place } = finding.subject.image;
  const opened = material.lookup.open(place, near);
  const examiner = opened === null ? null : await material.lookup.examiner(opened.dir);
  if (opened === null || examiner === null) {
    couldNotLook.push(noRoot(exe, storm, place, material));
    return { root: null, identity: null, restarts: [], couldNotLook };
  }
  const { root } = opened;
  const script = scriptOf({ finding, material });
  const processes = material.live?.after.processes ?? null;
  const configuration = material.lookup.configuration(root.dir);
  const answer = await restartsOf({ root, storm, finding, examiner, configuration, script, processes });
  couldNotLook.push(...couldNotRead(answer, root.dir));
  const { restarts } = answer;
  const pace = await paceOf(material, finding, root, script);
  const identity = examiner.identify(exe, standsBefore(restarts, exe));
  if (examiner.manager === null) {
    couldNotLook.push({
      code: "identity.no-package-manager",
      what: `which package owns ${exe}`,
      why: `no package database that is known was found under ${root.dir}`,
      remedy: null,
    });
  }
  return { root: root.dir, identity, restarts, ...(pace === null ? {} : { pace }), couldNotLook };
}

/** Only loops and agents have a line that sets their pace. */
async function paceOf(
  material: Material,
  finding: Finding,
  root: Root,
  script: string | null,
): Promise<PaceLine | null> {
  const { kind, spawner } = finding;
  if (spawner === null || (kind !== "shell-loop" && kind !== "polling-agent")) return null;
  const living = material.live?.after.processes.get(spawner.pid)?.argv;
  const { paceLine } = await import("./pace-line.ts");
  return paceLine({ root, finding, script, argv: living ?? spawner.image.argvExamples[0] ?? null });
}

/** Why the root of a program could not be looked into. */
function noRoot(exe: string, storm: Story["storm"], place: ProgramPlace, { lookup, live }: Material): Gap {
  const what = `whose file ${exe} is, and what starts it`;
  if (lookup.isGone(place)) {
    const { runtime, id } = storm.container ?? { runtime: "container", id: null };
    return {
      code: "identity.container-gone",
      what,
      why: `it ran in ${runtime}${id === null ? "" : ` ${id}`}, and no process of ${place.mountNamespace} was left at the end of the window`,
      remedy: "whoforks diagnose --duration 2s, while it runs",
    };
  }
  const fromLog = live === null && storm.program.root === "/";
  return {
    code: "identity.no-root-given",
    what,
    why: fromLog
      ? "the log comes from a file system that was not given"
      : `the root ${storm.program.root} could not be opened`,
    remedy: fromLog ? "whoforks diagnose --root DIR --from FILE" : null,
  };
}

function notRecorded(exe: string): LookupAnswer {
  const gap = {
    code: "case.not-recorded",
    what: `whose file ${exe} is, and what starts it`,
    why: "the case holds no answer about this program",
    remedy: null,
  };
  return { root: null, identity: null, restarts: [], couldNotLook: [gap] };
}

/** Supervisors that are not there, and configuration that could not be understood, are no "nothing restarts it". */
function couldNotRead({ restarts, looked, problems }: RestartAnswer, dir: string): Diagnosis["couldNotLook"] {
  if (restarts.length > 0 || looked === null) return [];
  const what = "which supervisor starts it";
  if (looked.length === 0) {
    return [
      {
        code: "supervisors.none-known",
        what,
        why: `no configuration of a supervisor that is known was found under ${dir}`,
        remedy: null,
      },
    ];
  }
  const [first] = problems;
  if (first === undefined) return [];
  const place = first.line === null ? first.file : `${first.file}:${first.line}`;
  const why = `${problems.length} places of ${looked.join(", ")} could not be understood, the first: ${place}: ${first.why}`;
  return [{ code: "supervisors.config-problems", what, why, remedy: null }];
}

/** The program that the suspect hides in the search path of the supervisor that starts it. */
function standsBefore(restarts: readonly RestartFacts[], exe: string): { standsBefore?: string } {
  const restart = restarts.find(
    ({ restart }) => restart.resolvesTo === exe && (restart.shadows?.length ?? 0) > 0,
  )?.restart;
  return restart?.shadows?.[0] === undefined ? {} : { standsBefore: restart.shadows[0] };
}

function account(source: Material["sources"][number]): SourceAccount {
  const { kind, path, events, lost, skipped, note, examples } = source;
  return {
    kind,
    ...(path === undefined ? {} : { path }),
    events,
    lost,
    skipped,
    ...(note === undefined ? {} : { note }),
    ...(examples.length === 0 ? {} : { examples }),
  };
}
