import type { CpuSum, Storm } from "../../diagnosis/result.ts";
import { besides, indentedTable, labelled } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";

/** Both sides of the sum, and what cannot be told apart in it; [] where nothing tells. */
export function sumClauses({ voice, diagnosis }: Screen): Safe[] {
  const { sum, splitReliable } = diagnosis.symptom;
  const clauses: Safe[] = [];
  if (sum) {
    clauses.push(
      say(voice, "line.sum", {
        explained: sum.explained,
        unexplained: sum.unexplained,
        // Always told, so that the list in brackets has a first member.
        living: partOf(sum, "living") ?? 0,
        storms: partOf(sum, "storms"),
        otherDead: partOf(sum, "other-dead"),
        kernelThreads: partOf(sum, "kernel-threads"),
        interrupts: partOf(sum, "interrupts"),
      }),
    );
  }
  if (splitReliable === false) clauses.push(say(voice, "line.split-unreliable"));
  return clauses;
}

function partOf(sum: CpuSum, of: CpuSum["parts"][number]["of"]): number | null {
  return sum.parts.find((part) => part.of === of)?.share ?? null;
}

/** The sources of a storm's CPU beside each other, the believed one first, and the holes in them by name. */
export function cpuChecks(screen: Screen, storm: Storm): string[] {
  const { voice, diagnosis } = screen;
  const { recorded, pid1ReapedCpus } = diagnosis.symptom;
  const rows = (storm.cpuChecks ?? []).map(({ from, cpus, bound, cgroup }) => [
    say(voice, `cpu-bound.${bound}`, { cpus }),
    say(voice, `cpu-source.${from}`, { cgroup: cgroup ?? null, seconds: recorded?.seconds ?? null }),
  ]);
  if (rows.length === 0) return [];
  if (pid1ReapedCpus !== undefined && pid1ReapedCpus !== null)
    rows.push([say(voice, "cpu-bound.exact", { cpus: pid1ReapedCpus }), say(voice, "cpu-source.pid1")]);
  const holes = (storm.cpuHoles ?? []).map((hole) => say(voice, `cpu-hole.${hole}`));
  return [
    ...besides(screen, line``, String, [say(voice, "title.cpu", { storm: storm.id })], screen.paint.bold),
    ...indentedTable(screen, 2, [{}, { shrinks: true }], rows),
    ...(holes.length === 0 ? [] : labelled(screen, say(voice, "label.hole"), holes)),
  ];
}
