import { imageKey } from "../derive/index.ts";
import { starts, type Actor, type Family } from "../derive/family.ts";
import { paceOf } from "./clockwork.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, programNames, rate, reason } from "./measure.ts";
import { isServer } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: a server starts a process for each connection or request (inetd, socket units, CGI), and they come faster
 * than that is worth.
 *
 * Told apart from a supervisor and from an agent by the server's name, which says that traffic asks for the processes,
 * and by starts that follow neither an end nor a clock. Which server an unknown program is cannot be told from processes
 * alone: those stay with the other kinds.
 */
export const connectionStorm: Detector = { kind: "connection-storm", detect };

/** A CGI program costs 3 to 30 ms: 30 a second are a tenth of a CPU or more. Fewer are what CGI is for. */
const MIN_PER_SECOND = 30;
const MIN_STARTS = 30;

function detect(view: View): Outcome {
  const servers = new Map<string, Family[]>();
  for (const family of view.derived.families) {
    const { spawnerImage } = family;
    const image = spawnerImage !== null && isServer(baseName(spawnerImage)) ? spawnerImage : family.image;
    if (!isServer(baseName(image)) || starts(family) === 0) continue;
    const key = imageKey(image);
    servers.set(key, [...(servers.get(key) ?? []), family]);
  }
  const findings = [...servers].map(([key, families]) => judge(key, families, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(key: string, families: Family[], { derived }: View): Finding | null {
  // Copies of the server itself are made by it, and what it starts is started by it or by such a copy.
  const direct = families.filter((family) => family.spawnerImage !== null && imageKey(family.spawnerImage) === key);
  const copies = families.filter((family) => imageKey(family.image) === key && family.replicas > 0);
  const connections = Math.max(
    direct.reduce((sum, family) => sum + family.spawned, 0),
    copies.reduce((sum, family) => sum + family.replicas, 0),
  );
  const own = [...new Set([...direct, ...copies])];
  const perSecond = Math.max(rate(direct), rate(copies));
  if (connections < MIN_STARTS || perSecond < MIN_PER_SECOND) return null;
  const covers = descent(own, derived.families, key);
  const subject = [...(direct.length > 0 ? direct : copies)].sort((a, b) => starts(b) - starts(a))[0] as Family;
  const listener = listenerOf(direct, copies);
  const server = listener === null ? baseName(subject.spawnerImage ?? subject.image) : spawnerText(listener);
  const reasons = [
    reason("for", "server-by-name", { server }),
    reason("for", "child-for-each", { count: connections }),
  ];
  if (paceOf(subject.interval) === null) reasons.push(reason("for", "no-clock"));
  return {
    kind: "connection-storm",
    subject,
    covers,
    starts: covers.reduce((sum, family) => sum + starts(family), 0),
    perSecond: rate(covers),
    spawner: listener,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { server, connections, connectionsPerSecond: perSecond, programs: programNames(direct).slice(0, 4) },
  };
}

function listenerOf(direct: readonly Family[], copies: readonly Family[]): Actor | null {
  for (const { copiers } of copies) if (copiers.ranked()[0] !== undefined) return copiers.ranked()[0]?.value ?? null;
  return direct[0]?.spawners.ranked()[0]?.value ?? null;
}
