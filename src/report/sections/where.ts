import type { Storm } from "../../diagnosis/result.ts";
import { facts, labelled } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { name, words } from "../text/voice.ts";

/** In which container a storm runs; with `verbose` also its cgroup, wherever it runs. */
export function whereSection(screen: Screen, storm: Storm, verbose: boolean): string[] {
  const { voice } = screen;
  const { container, unit, cgroup } = storm;
  const parts: Safe[] = [];
  if (container) parts.push(containerLine(screen, container));
  if (unit?.unit && (container || verbose)) parts.push(say(voice, "line.unit", { ...unit }));
  if (cgroup && verbose) parts.push(say(voice, "line.cgroup", { cgroup }));
  return parts.length === 0 ? [] : labelled(screen, say(voice, "label.where"), [facts(screen, parts)]);
}

function containerLine({ voice }: Screen, container: NonNullable<Storm["container"]>): Safe {
  const { runtime, id, pod } = container;
  if (runtime === "namespaces") return say(voice, "line.namespaces", { id });
  return say(voice, "line.container", {
    runtime,
    id: shortId(id),
    name: container.name === id ? null : container.name,
    pod: pod?.uid ?? null,
    qos: pod?.qos ?? null,
  });
}

/** Ids of 64 digits are shown as `docker ps` shows them. */
function shortId(id: string | null): string | null {
  return id !== null && /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
}

/** A storm's program, with its container where it runs in one: the same path may storm in several. */
export function programOf({ voice }: Screen, storm: Storm): Safe {
  const program = name(voice, storm.program.exe ?? `(${storm.program.comm})`);
  if (!storm.container) return program;
  const id = shortId(storm.container.id);
  const runtime = words(voice, storm.container.runtime);
  if (id === null) return line`${program} [${runtime}]`;
  // The kernel names namespaces, runtimes and their users name containers.
  const shown = storm.container.runtime === "namespaces" ? words(voice, id) : name(voice, id);
  return line`${program} [${runtime} ${shown}]`;
}
