import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import type { Image } from "../derive/image.ts";
import { paceOf } from "./clockwork.ts";
import { isContainerManager, isRuntime, isShim } from "./containers.ts";
import { descent } from "./descent.ts";
import { baseName, programNames, rate, reason, stormOf } from "./measure.ts";
import {
  isBuildTool,
  isCron,
  isHealthChecker,
  isLoginServer,
  isServer,
  isShellOrScript,
  isSystemd,
  isUdev,
} from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import { isConnectedTo, isKnownServer, listenerOf, onlyPort, seenListening, socketNames } from "./servers.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: a server starts a process for each connection or request (inetd, socket units, CGI), and they come faster
 * than that is worth.
 *
 * Told apart from a supervisor and from an agent by what its process listens on and by the server's name, which says that
 * traffic asks for the processes, and by starts that follow neither an end nor a clock. A known name that listens on
 * nothing is no server. An unknown one is a server where all of this holds: it listens on TCP, the kernel has connections
 * at its ports, and the host accepted about as many connections in the window as it started processes. Where nobody could
 * look at its sockets (logs, a process that has ended) the name alone decides.
 */
export const connectionStorm: Detector = { kind: "connection-storm", detect };

/** A CGI program costs 3 to 30 ms: 30 a second are a tenth of a CPU or more. Fewer are what CGI is for. */
const MIN_PER_SECOND = 30;
const MIN_STARTS = 30;

/** Connections accepted for each process started: some are refused or shared, and others serve connections as well. */
const FEWEST_ACCEPTED = 0.5;
const MOST_ACCEPTED = 1.5;

function detect(view: View): Outcome {
  const known = new Map<string, boolean>();
  const serves = (image: Image): boolean => {
    const key = imageKey(image);
    const answer = known.get(key) ?? (isKnownServer(image, view) || (isUnknown(image) && isConnectedTo(image, view)));
    known.set(key, answer);
    return answer;
  };
  const servers = new Map<string, Family[]>();
  for (const family of view.derived.families) {
    const { spawnerImage } = family;
    const image = spawnerImage !== null && serves(spawnerImage) ? spawnerImage : family.image;
    if (starts(family) === 0 || !serves(image)) continue;
    const key = imageKey(image);
    servers.set(key, [...(servers.get(key) ?? []), family]);
  }
  const findings = [...servers].map(([key, families]) => judge(key, families, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

/** Whether nothing is known of a program by its name; those that have kinds of their own are known. */
function isUnknown(image: Image): boolean {
  const name = baseName(image);
  if (name === "" || isShellOrScript(image) || isBuildTool(name) || isCron(name) || isSystemd(name)) return false;
  if (isServer(name) || isLoginServer(name) || isUdev(name) || isHealthChecker(name)) return false;
  return !isContainerManager(name) && !isShim(name) && !isRuntime(name);
}

function judge(key: string, families: Family[], view: View): Finding | null {
  const { derived, accepted } = view;
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
  const actor = listenerOf([...own])?.actor ?? null;
  const server = actor === null ? baseName(subject.spawnerImage ?? subject.image) : spawnerText(actor);
  const seen = seenListening(actor, view);
  const sockets = seen?.sockets ?? [];
  const isEven = paceOf(subject.interval) !== null;
  const reasons = [
    sockets.length > 0
      ? reason("for", "listens", { server, sockets: socketNames(sockets) })
      : reason("for", "server-by-name", { server }),
    reason("for", "child-for-each", { count: connections }),
  ];
  if (isUnknown(actor?.image ?? subject.image)) {
    const isMatch =
      accepted !== null && accepted >= FEWEST_ACCEPTED * connections && accepted <= MOST_ACCEPTED * connections;
    if (!isMatch || isEven || sockets.length === 0) return null;
    reasons.push(reason("for", "as-many-accepted", { accepted }));
  }
  if (!isEven) reasons.push(reason("for", "no-clock"));
  const port = seen?.sameNetwork === true ? onlyPort(sockets) : null;
  return stormOf({
    kind: "connection-storm",
    subject,
    covers,
    spawner: actor,
    reasons,
    facts: {
      server,
      connections,
      connectionsPerSecond: perSecond,
      programs: programNames(direct).slice(0, 4),
      ...(port === null ? {} : { port }),
    },
  });
}
