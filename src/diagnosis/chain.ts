import type { CpuUse } from "../derive/cpu.ts";
import type { Identity } from "../identity/types.ts";
import type { Evidence } from "../model/evidence.ts";
import { scriptPath } from "../model/script.ts";
import { isShellOrScript } from "../detect/programs.ts";
import type { Finding } from "../detect/types.ts";
import { factsOf, isToldByFacts } from "./kind-words.ts";
import type { Material } from "./material.ts";
import { actorName, endingName, processName, programName } from "./names.ts";
import type { PaceLine } from "./pace-line.ts";
import type { RestartFacts } from "./restarts.ts";
import type { Diagnosis, Storm, Symptom } from "./result.ts";

type Step = Diagnosis["chain"][number];

export interface Story {
  material: Material;
  symptom: Symptom;
  cpu: CpuUse | null;
  storm: Storm;
  finding: Finding;
  restarts: readonly RestartFacts[];
  identity: Identity | null;
  pace: PaceLine | null;
}

/** The causal story of the worst storm, from the symptom to the cause, one step a sentence. */
export function chainOf(story: Story): Step[] {
  return [
    ...symptomSteps(story),
    ...originSteps(story),
    ...mechanismSteps(story),
    ...restartSteps(story),
    ...identitySteps(story),
  ];
}

function step(code: string, args: Record<string, unknown>, evidence: Evidence[] = []): Step {
  return { code: `chain.${code}`, args, evidence };
}

function symptomSteps({ symptom, material, storm }: Story): Step[] {
  const steps: Step[] = [];
  if (symptom.cpu !== null && symptom.busyCpus !== null) {
    steps.push(
      step(
        "symptom",
        {
          forksPerSecond: symptom.forksPerSecond,
          busyCpus: symptom.busyCpus,
          cpus: material.host.cpus,
          systemShare: symptom.cpu.system,
          unexplainedCpus: unexplainedOf(symptom),
        },
        [{ source: "/proc/stat", locator: "cpu, first line, before and after the window" }],
      ),
    );
  } else if (material.stampNs === null)
    steps.push(
      step("untimed-log", { program: programName(storm.program), processes: storm.processes }, storm.evidence),
    );
  else steps.push(step("symptom-log", { forksPerSecond: storm.perSecond, seconds: material.window.seconds }));
  if (storm.lifetimeMs !== null) {
    const { p50, p99 } = storm.lifetimeMs;
    steps.push(step("short-lives", { program: programName(storm.program), p50Ms: p50, p99Ms: p99 }, storm.evidence));
  }
  return steps;
}

/** CPUs busy for no living program; null when it is within what 10 ms ticks can tell. */
function unexplainedOf({ busyCpus, explainedCpus }: Symptom): number | null {
  const left = busyCpus === null || explainedCpus === null ? 0 : busyCpus - explainedCpus;
  return left >= 0.02 ? left : null;
}

function originSteps({ storm }: Story): Step[] {
  if (storm.kind !== "self-replicating-chain" && storm.kind !== "fork-bomb") return [];
  const program = programName(storm.program);
  return storm.spawner === null
    ? [step("origin-unknown", { program })]
    : [step("origin", { spawner: processName(storm.spawner), program }, storm.evidence)];
}

function mechanismSteps(story: Story): Step[] {
  const { storm, finding, material } = story;
  const program = programName(storm.program);
  switch (storm.kind) {
    case "self-replicating-chain":
      return [
        ...abiSteps(story),
        step(
          "replicates",
          { program, depth: storm.generations?.depth ?? 0, branching: storm.generations?.branching ?? 1 },
          storm.evidence,
        ),
        ...reaperSteps(story),
      ];
    case "fork-bomb":
      return [
        ...abiSteps(story),
        step(
          "bomb",
          { program, branching: storm.generations?.branching ?? 0, peakAlive: storm.peakAlive },
          storm.evidence,
        ),
        ...failedForkSteps(material),
      ];
    case "respawn-loop":
    case "crash-loop":
      return [
        step(
          "respawns",
          {
            spawner: finding.spawner === null ? "?" : actorName(finding.spawner),
            program,
            intervalMs: storm.intervalMs?.p50 ?? null,
            gapMs: storm.gapMs?.p50 ?? null,
          },
          storm.evidence,
        ),
        ...endSteps(story),
      ];
    case "shell-loop":
      return [
        step(
          "shell",
          {
            spawner: finding.spawner === null ? "?" : actorName(finding.spawner),
            script: scriptOf(story),
            programs: finding.facts["programs"],
          },
          storm.evidence,
        ),
      ];
    case "build":
      return [
        step(
          "build",
          { program: finding.facts["tool"] ?? program, programs: finding.facts["programs"], depth: 0 },
          storm.evidence,
        ),
      ];
    default:
      if (isToldByFacts(storm.kind))
        return [step(storm.kind, factsOf(storm, finding, material.stampNs !== null), storm.evidence)];
      return [
        step(
          "spawner",
          { spawner: finding.spawner === null ? null : actorName(finding.spawner), program, share: 1 },
          storm.evidence,
        ),
      ];
  }
}

/** The script that a shell runs: its first argument that is no option; absolute where its working directory is known. */
export function scriptOf({ finding, material }: Pick<Story, "finding" | "material">): string | null {
  if (finding.spawner === null || !isShellOrScript(finding.spawner.image)) return null;
  const living = material.live?.after.processes.get(finding.spawner.pid);
  const argv = living?.argv ?? finding.spawner.image.argvExamples[0];
  if (argv === undefined || argv.includes("-c")) return null;
  const given = argv.slice(1).find((word) => !word.startsWith("-"));
  return given === undefined ? null : (scriptPath(given, living?.cwd) ?? given);
}

function abiSteps({ storm, material }: Story): Step[] {
  const remark = material.remarks.find((r) => r.code === "audit.fork-by-32-bit");
  const program = programName(storm.program);
  if (remark !== undefined && storm.abi?.bits === 32) {
    const evidence = [{ source: "audit", locator: textOf(remark.args["example"]) ?? "SYSCALL records" }];
    return [step("fork-by-32-bit", { program, count: remark.args["count"], machine: storm.abi.machine }, evidence)];
  }
  if (storm.abi?.bits === 32 && /64|s390x|aarch64/.test(material.host.machine ?? "x86_64")) {
    return [step("32-bit-program", { program, machine: storm.abi.machine })];
  }
  return [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function reaperSteps({ storm, material }: Story): Step[] {
  if (storm.reaper === null) return [];
  const reaper = processName(storm.reaper);
  const evidence = [
    material.live === null
      ? reaperEvidence(material)
      : { source: "tracefs", locator: "signal_generate, SIGCHLD of the storm's processes" },
  ];
  return [
    step(
      "orphans",
      {
        reaper,
        perSecond: material.stampNs === null ? null : storm.perSecond,
        inside: storm.reaper.namespacePid ?? null,
      },
      evidence,
    ),
    storm.reaper.cpuShare === null
      ? step("reaper-innocent", { reaper })
      : step("reaper-busy", { reaper, cpuShare: storm.reaper.cpuShare }, [
          { source: `/proc/${storm.reaper.pid}/stat`, locator: "utime + stime, before and after the window" },
        ]),
  ];
}

/** Files of the kernel's own events. */
const KERNEL_EVENTS = new Set(["trace-dat", "trace-text", "perf-script"]);

function reaperEvidence({ sources }: Material): Evidence {
  const trace = sources.find(({ kind }) => KERNEL_EVENTS.has(kind));
  if (trace !== undefined)
    return { source: trace.path ?? trace.kind, locator: "signal_generate, SIGCHLD of the storm's processes" };
  const accounted = sources.find(({ kind }) => kind === "pacct");
  if (accounted !== undefined)
    return { source: accounted.path ?? accounted.kind, locator: "ac_ppid of records: the parent at the end" };
  const traced = sources.find(({ kind }) => kind === "strace" || kind === "ltrace");
  return traced === undefined
    ? { source: "audit", locator: "ppid of records that come after the parent's end" }
    : { source: traced.path ?? traced.kind, locator: "SIGCHLD and wait calls of the process that is handed the dead" };
}

function failedForkSteps(material: Material): Step[] {
  const remark = material.remarks.find((r) => r.code === "audit.failed-forks" || r.code === "tracer.failed-forks");
  return remark === undefined ? [] : [step("fork-refused", { count: remark.args["count"] })];
}

function endSteps({ storm, finding }: Story): Step[] {
  const program = programName(storm.program);
  const ended = storm.exits.reduce((sum, e) => sum + e.count, 0);
  const endings = [...finding.subject.endings.values()].sort((a, b) => b.count - a.count);
  const worst =
    storm.kind === "crash-loop" ? endings.find((e) => e.signal !== null || (e.code ?? 0) !== 0) : endings[0];
  if (worst === undefined) return [];
  const end = endingName(worst);
  if (end === null) return [];
  if (end === "exit 0" && worst.count === ended) return [step("all-clean", { program, count: ended })];
  return [step("ends", { program, end, count: worst.count, total: ended })];
}

function restartSteps({ restarts, storm }: Story): Step[] {
  const steps: Step[] = [];
  for (const facts of restarts.slice(0, 2)) {
    const { restart, starts: program, limit, counted, ownerMismatch, bringsBack } = facts;
    const evidence = [
      {
        source: restart.file,
        locator: restart.line === null ? restart.directive : `line ${restart.line}`,
        quote: restart.command,
      },
    ];
    const { supervisor, file } = restart;
    steps.push(startedStep(facts, evidence));
    if (counted !== null) {
      const asked = [{ source: "systemctl", locator: `show -p NRestarts,Result ${restart.unit}` }];
      steps.push(
        step("counted-by-systemd", { unit: restart.unit, restarts: counted.restarts, result: counted.result }, asked),
      );
    }
    if (limit?.code === "limit.schedule" && restart.limitAllowsRate === false)
      steps.push(step("schedule-forbids-rate", { program, perSecond: storm.perSecond }));
    else if (limit !== null) {
      const isCopying = storm.kind === "self-replicating-chain" || storm.kind === "fork-bomb";
      if (restart.limitAllowsRate === false && isCopying && (bringsBack || facts.again?.when === "on-schedule"))
        steps.push(
          step("limit-forbids-rate", {
            supervisor,
            starts: restart.limit?.starts ?? null,
            seconds: restart.limit?.seconds ?? null,
            perSecond: storm.perSecond,
          }),
        );
      else if (bringsBack || facts.again !== undefined) {
        // A copy that the program makes of itself is no start of the supervisor's.
        if (limit.code === "limit.unlimited") steps.push(step("limit-off", { supervisor, file }));
        else if (!isCopying)
          steps.push({ code: `chain.${limit.code}`, args: { supervisor, ...limit.args }, evidence: [] });
      }
    }
    if (restart.shadows !== null && restart.shadows.length > 0 && restart.resolvesTo !== null) {
      steps.push(
        step(
          "shadowed",
          { supervisor, command: restart.command, resolvesTo: restart.resolvesTo, shadows: restart.shadows },
          evidence,
        ),
      );
    }
    if (ownerMismatch !== null) steps.push(step("job-owner", { file, package: ownerMismatch.jobPackage, program }));
  }
  return steps;
}

function startedStep({ restart, starts: program, bringsBack, again }: RestartFacts, evidence: Evidence[]): Step {
  const { supervisor, file, line, directive } = restart;
  const args = { supervisor, file, line, directive, program };
  if (again?.isCheck === true)
    return step("checks-on-schedule", { ...args, unit: restart.unit, everySeconds: again.everySeconds }, evidence);
  if (again?.when === "on-schedule")
    return step("starts-on-schedule", { ...args, everySeconds: again.everySeconds }, evidence);
  if (again?.when === "on-demand") return step("starts-on-demand", args, evidence);
  return bringsBack ? step("restarted-by", args, evidence) : step("started-by", args, evidence);
}

function identitySteps({ identity }: Story): Step[] {
  if (identity === null) return [];
  const program = identity.path;
  const evidence = [{ source: identity.owner?.manager ?? "package database", locator: identity.path }];
  const { owner, claims } = identity;
  switch (identity.verdict) {
    case "impostor":
      return [step("impostor", { program, package: claims?.package ?? null, genuine: claims?.path ?? null }, evidence)];
    case "unpackaged":
      return [step("not-packaged", { program }, evidence)];
    case "modified":
      return [step("modified", { program, package: owner?.package ?? null }, evidence)];
    case "genuine":
      return [step("genuine", { program, package: owner?.package ?? null, version: owner?.version ?? null }, evidence)];
    case "unverifiable":
      return [step("unverifiable", { program, package: owner?.package ?? null }, evidence)];
    case "local":
    case "deleted":
    case "memory-only":
      return [step(identity.verdict, { program }, evidence)];
  }
}
