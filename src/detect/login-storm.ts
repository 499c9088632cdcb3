import { imageKey } from "../derive/index.ts";
import { starts, type Family } from "../derive/family.ts";
import { descent } from "./descent.ts";
import { programNames, reason, stormOf } from "./measure.ts";
import { spawnerText } from "./restarts.ts";
import { isKnownLoginServer, listenerOf, onlyPort, seenListening, socketNames } from "./servers.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: logins come one after another: somebody guesses passwords, or a script opens a session for each command. A
 * login server forks for each connection, executes itself anew (sshd -R, sshd-session), forks once more to drop its
 * privileges, and starts a shell if the login succeeds.
 *
 * Told apart from other servers by its name, which must not be refuted by its sockets, or by the port that it listens at,
 * and from a login server that only has children (one for each open session) by
 * their rate and by their short lives. The copies look like a fork bomb's or a chain's but for who makes them: one listener.
 */
export const loginStorm: Detector = { kind: "login-storm", detect };

/** An ssh login costs 20 to 50 ms of CPU (key exchange): two a second are up to a tenth of a CPU. */
const MIN_PER_SECOND = 2;
const MIN_LOGINS = 8;

function detect(view: View): Outcome {
  // sshd, its sessions and its network half are one server of one place.
  const groups = new Map<number, Family[]>();
  for (const family of view.derived.families) {
    if (starts(family) === 0 || !isKnownLoginServer(family.image, view)) continue;
    const { id } = family.image.place;
    groups.set(id, [...(groups.get(id) ?? []), family]);
  }
  const findings = [...groups.values()].map((group) => judge(group, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function judge(families: Family[], view: View): Finding | null {
  const { derived, seconds } = view;
  const listener = listenerOf(families);
  if (listener === null || listener.count < MIN_LOGINS || !isKnownLoginServer(listener.actor.image, view)) return null;
  const servers = new Set(families.map(({ image }) => imageKey(image)));
  // What a session runs: a shell, and what the shell calls.
  const sessions = derived.families.filter(
    (family) =>
      !isKnownLoginServer(family.image, view) &&
      family.spawnerImage !== null &&
      servers.has(imageKey(family.spawnerImage)),
  );
  const covers = descent([...families, ...sessions], derived.families, "").filter((family) => starts(family) > 0);
  const spans = covers.map(({ firstStart, lastStart }) => [firstStart ?? 0, lastStart ?? 0] as const);
  const span = (Math.max(...spans.map(([, last]) => last)) - Math.min(...spans.map(([first]) => first))) / 1e9;
  const perSecond = listener.count / Math.max(span, Math.min(1, seconds), 1e-3);
  if (perSecond < MIN_PER_SECOND) return null;
  const subject = [...families].sort((a, b) => starts(b) - starts(a))[0] as Family;
  const server = spawnerText(listener.actor);
  const shells = sessions.reduce((sum, family) => sum + family.spawned, 0);
  const without = listener.count - shells;
  const seen = seenListening(listener.actor, view);
  const sockets = seen?.sockets ?? [];
  const port = seen?.sameNetwork === true ? onlyPort(sockets) : null;
  const reasons = [
    sockets.length > 0
      ? reason("for", "listens", { server, sockets: socketNames(sockets) })
      : reason("for", "login-server", { server }),
    reason("for", "child-for-each-login", { count: listener.count, server }),
  ];
  const p50 = subject.lifetime.quantile(0.5);
  if (p50 !== null && p50 > LONG_NS) reasons.push(reason("against", "sessions-last", { p50Ms: p50 / 1e6 }));
  return stormOf({
    kind: "login-storm",
    subject,
    covers,
    spawner: listener.actor,
    reasons,
    facts: {
      server,
      logins: listener.count,
      loginsPerSecond: perSecond,
      // Some are still on their way in.
      without: without < listener.count / 2 ? null : without,
      sessions: shells === 0 ? null : shells,
      programs: programNames(sessions).slice(0, 4),
      ...(port === null ? {} : { port }),
    },
  });
}

/** Somebody who works stays for minutes. */
const LONG_NS = 60e9;
