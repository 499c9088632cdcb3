import type { Advice } from "./result.ts";
import type { Story } from "./chain.ts";
import { scriptOf } from "./chain.ts";
import { factAdvice, isToldByFacts } from "./kind-words.ts";
import type { Material } from "./material.ts";
import { actorName, endingName, programName } from "./names.ts";
import type { RestartFacts } from "./restarts.ts";
import { onHost, stopWay } from "./stop-ways.ts";
import type { Ending } from "../derive/family.ts";
import type { Untrusted } from "../model/text.ts";

/** What to do about the worst storm, in the order in which to do it. Nothing here is done by the tool itself. */
export function adviceFor(story: Story): Advice[] {
  const { storm, identity } = story;
  if (storm.benign) return [advice("nothing", {}, "safe")];
  const suspect =
    identity !== null && ["impostor", "modified", "unpackaged", "deleted", "memory-only"].includes(identity.verdict);
  return [
    ...(suspect ? suspectAdvice(story) : []),
    ...kindAdvice(story, suspect),
    ...(story.identity === null ? lookAdvice(story.material) : []),
  ];
}

/** What to do when nothing could be said. */
export function adviceWithoutStorm(material: Material, code: string): Advice[] {
  if (code === "verdict.healthy") return [advice("nothing", {}, "safe")];
  const remedies = material.couldNotLook.filter((c) => c.remedy !== null && c.code.startsWith("tracefs."));
  if (remedies.length > 0) {
    return [advice("run-as-root", {}, "safe", ["sudo", "whoforks", "diagnose"])];
  }
  const { sources } = material;
  if (material.live === null && TRACE_LIVE.has(code) && !sources.every(({ kind }) => NO_AUDIT.has(kind)))
    return [
      advice("observe-live", {}, "safe", ["sudo", "whoforks", "diagnose", "--duration", "5s"]),
      advice("audit-rules", {}, "needs-review", AUDIT_RULES, AUDIT_RULES_OFF),
    ];
  // Rules of auditd would not mend a trace; what would stands beside what could not be looked at.
  if (material.live === null && sources.some(({ kind }) => NO_AUDIT.has(kind)))
    return [advice("observe-here", {}, "safe", ["sudo", "whoforks", "diagnose"])];
  if (material.live === null) return [advice("audit-rules", {}, "needs-review", AUDIT_RULES, AUDIT_RULES_OFF)];
  return [advice("run-longer", {}, "safe", ["whoforks", "diagnose", "--duration", "30s"])];
}

/** Sources of which the gaps name what would mend them. */
const NO_AUDIT = new Set([
  "trace-dat",
  "trace-text",
  "perf-script",
  "forkstat",
  "execsnoop",
  "execsnoop.bt",
  "exitsnoop",
  "atop",
  "pidstat",
  "pacct",
]);

/** Logs of strace or ltrace that cannot answer: watching the host itself does, and slows nothing. */
const TRACE_LIVE = new Set(["reaper-only", "counts-only", "no-times"].map((code) => `verdict.inconclusive.${code}`));

const CALLS = "fork,vfork,clone,clone3,execve,execveat,exit,exit_group";
const AUDIT_RULES = ["auditctl", "-a", "always,exit", "-F", "arch=b64", "-S", CALLS, "-k", "processes"];
const AUDIT_RULES_OFF = ["auditctl", "-d", "always,exit", "-F", "arch=b64", "-S", CALLS, "-k", "processes"];

function advice(
  code: string,
  args: Record<string, unknown>,
  safety: Advice["safety"],
  command: Untrusted[] | null = null,
  undo: Untrusted[] | null = null,
): Advice {
  return { code: `advice.${code}`, args, safety, command, undo };
}

/** A program that is not what it claims: keep it for those who will ask, take it out of the way, do not trust the host. */
function suspectAdvice(story: Story): Advice[] {
  const { identity, storm } = story;
  if (identity === null) return [];
  const program = identity.path;
  const file = onHost(storm.program.root, program);
  const steps = [advice("isolate", {}, "needs-review")];
  if (identity.file !== null) {
    const archive = `/root/${program.slice(program.lastIndexOf("/") + 1)}.evidence.tar`;
    steps.push(
      advice("preserve-evidence", { program }, "safe", ["tar", "--xattrs", "--acls", "-cpf", archive, "--", file]),
    );
    steps.push(...stopAdvice(story.restarts, storm.program.root));
    const aside = `${file}.quarantined`;
    steps.push(
      advice(
        "move-aside",
        { program },
        "needs-review",
        ["mv", "-n", "--", file, aside],
        ["mv", "-n", "--", aside, file],
      ),
    );
  }
  if (storm.kind === "self-replicating-chain") steps.push(advice("reboot", { program }, "needs-review", ["reboot"]));
  steps.push(advice("check-origin", { program }, "safe", ["stat", "--", file]));
  if (identity.verdict === "modified" && identity.owner !== null) {
    const name = identity.owner.package;
    steps.push(
      advice("reinstall-package", { package: name }, "needs-review", ["apt-get", "install", "--reinstall", name]),
    );
  }
  steps.push(advice("reinstall-host", {}, "destructive"));
  return steps;
}

function kindAdvice(story: Story, suspect: boolean): Advice[] {
  const { storm, finding, restarts } = story;
  const program = programName(storm.program);
  const spawner = finding.spawner === null ? null : actorName(finding.spawner);
  switch (storm.kind) {
    case "respawn-loop":
    case "crash-loop": {
      const end = (finding.facts["end"] as Ending | null | undefined) ?? null;
      // A job that starts the spawner neither restarts the program nor could limit that.
      const first = restarts.find((facts) => facts.limit !== null)?.restart;
      const limit =
        first === undefined
          ? []
          : [
              advice(
                "limit-restarts",
                { supervisor: first.supervisor, unit: first.unit, file: first.file },
                "needs-review",
              ),
            ];
      const look =
        first === undefined && spawner !== null
          ? [advice("look-at-spawner", { spawner }, "safe", lookAt(finding.spawner?.pid))]
          : [];
      const fix = advice("fix-program", { program, end: end === null ? null : endingName(end) }, "needs-review");
      return [...(suspect ? [] : stopAdvice(restarts, storm.program.root)), ...look, fix, ...limit];
    }
    case "fork-bomb":
      return [
        advice("cap-processes", { program }, "needs-review"),
        ...(spawner === null ? [] : [advice("look-at-spawner", { spawner }, "safe", lookAt(finding.spawner?.pid))]),
      ];
    case "shell-loop":
      return [advice("fix-script", { spawner, script: scriptOf(story) }, "needs-review", lookAt(finding.spawner?.pid))];
    case "self-replicating-chain":
      return suspect
        ? []
        : [...stopAdvice(restarts, storm.program.root), advice("fix-program", { program, end: null }, "needs-review")];
    default:
      if (isToldByFacts(storm.kind))
        return [
          ...(suspect ? [] : stopAdvice(restarts, storm.program.root)),
          ...factAdvice(storm, finding, story.material.stampNs !== null),
        ];
      return spawner === null
        ? [advice("run-longer", {}, "safe", ["whoforks", "diagnose", "--duration", "30s"])]
        : [advice("look-at-spawner", { spawner }, "safe", lookAt(finding.spawner?.pid))];
  }
}

/** How to keep the supervisor from starting it again, and how to take that back. */
function stopAdvice(restarts: readonly RestartFacts[], root: string): Advice[] {
  const first = restarts[0]?.restart;
  if (first === undefined) return [];
  const { supervisor, unit, file, line } = first;
  const way = stopWay(first, root);
  const args = { supervisor, unit, file, line };
  return [advice("stop-supervisor", args, "needs-review", way?.command ?? null, way?.undo ?? null)];
}

function lookAdvice(material: Material): Advice[] {
  if (material.live !== null) return [];
  return [
    advice("give-root", {}, "safe", [
      "whoforks",
      "diagnose",
      "--root",
      "/",
      "--from",
      ...material.sources.flatMap((s) => (s.path === undefined ? [] : [s.path])).slice(0, 1),
    ]),
  ];
}

function lookAt(pid: number | undefined): string[] | null {
  return pid === undefined || pid === 0 ? null : ["ps", "-o", "pid,ppid,user,lstart,args", "-p", String(pid)];
}
