import { advice } from "./advice-item.ts";
import type { Story } from "./chain.ts";
import { kindAdvice } from "./kind-advice.ts";
import type { Material } from "./material.ts";
import type { Advice } from "./result.ts";
import { proveAdvice } from "./prove-advice.ts";
import { suspectAdvice } from "./suspect-advice.ts";

/** What to do about the worst storm, in the order in which to do it. Nothing here is done by the tool itself. */
export function adviceFor(story: Story): Advice[] {
  const { storm, identity } = story;
  if (storm.benign) return [advice("nothing", {}, "safe")];
  const suspect =
    identity !== null && ["impostor", "modified", "unpackaged", "deleted", "memory-only"].includes(identity.verdict);
  return [
    ...(suspect ? suspectAdvice(story) : []),
    ...kindAdvice(story, suspect),
    ...(suspect ? [] : proveAdvice(story)),
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
