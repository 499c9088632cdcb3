import { advice } from "./advice-item.ts";
import { packOf } from "./packs/index.ts";
import type { Advice } from "./result.ts";
import type { RestartFacts } from "./restarts.ts";

/** What the sentences about a job are made of. */
function argsOf({ restart }: RestartFacts): Record<string, unknown> {
  const { supervisor, unit, file, line, directive, activates = null } = restart;
  return { supervisor, unit, file, line, directive, activates };
}

/** How to keep supervisors from starting it again, and how to take that back. One job unless more are asked for. */
export function stopAdvice(restarts: readonly RestartFacts[], root: string, most = 1): Advice[] {
  // A service that a timer starts is stopped by stopping the timer.
  const causes = restarts.filter(({ bringsBack, again }) => bringsBack || again !== undefined);
  // A check serves others: its pace is what is to be changed.
  return (causes.length > 0 ? causes : restarts)
    .filter(({ again }) => again?.isCheck !== true)
    .slice(0, most)
    .map((facts) => {
      const owned = packOf(facts.restart, root);
      const way = owned?.pack.stop(owned.job) ?? null;
      return advice("stop-supervisor", argsOf(facts), "needs-review", way?.command ?? null, way?.undo ?? null);
    });
}

/** How its last runs ended, as its supervisor tells; nothing where no command shows it. */
export function logAdvice(restarts: readonly RestartFacts[], root: string): Advice[] {
  const [first] = restarts;
  const owned = first === undefined ? null : packOf(first.restart, root);
  const command = owned?.pack.log?.(owned.job) ?? null;
  return first === undefined || command === null ? [] : [advice("read-log", argsOf(first), "safe", command)];
}

/** How the job is to come back less often: a job that starts the spawner neither restarts the program nor could limit that. */
export function limitAdvice(restarts: readonly RestartFacts[], root: string, most = 1): Advice[] {
  const limitable = restarts.filter(
    ({ bringsBack, again, limit }) => limit !== null && (bringsBack || again !== undefined),
  );
  return limitable.slice(0, most).map((facts) => {
    const { restart, expects = null } = facts;
    const owned = packOf(restart, root);
    const way = owned?.pack.limit?.(owned.job) ?? null;
    const of = owned === null ? "limit-restarts" : `limit.${ownerOf(facts)}`;
    return advice(of, { ...argsOf(facts), expects }, "needs-review", way?.command ?? null, way?.undo ?? null);
  });
}

/** `systemd.timer`, `systemd.socket`, `systemd.path` of a unit that starts another. */
function ownerOf({ restart: { supervisor, unit, activates } }: RestartFacts): string {
  const type = activates === undefined ? undefined : /\.(timer|socket|path)$/.exec(unit)?.[1];
  return type === undefined ? supervisor : `systemd.${type}`;
}

/** A program that ends well each time may have gone to the background, where its supervisor does not look for it. */
export function foregroundAdvice(restarts: readonly RestartFacts[], program: string): Advice[] {
  const facts = restarts.find(({ bringsBack }) => bringsBack);
  if (facts === undefined || packOf(facts.restart, "/")?.pack.foreground !== true) return [];
  const { expects = null } = facts;
  const { supervisor } = facts.restart;
  const own =
    supervisor.startsWith("systemd") || supervisor === "upstart"
      ? `foreground.${supervisor.replace("-user", "")}`
      : "foreground";
  return [advice(own, { ...argsOf(facts), program, expects }, "needs-review")];
}
