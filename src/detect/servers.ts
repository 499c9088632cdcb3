import { imageKey } from "../derive/index.ts";
import type { Actor, Family } from "../derive/family.ts";
import { COPIER_CHILDREN } from "../derive/life.ts";
import type { Listening, ListeningSocket } from "../model/listening.ts";
import { baseName } from "./measure.ts";
import { isLoginServer, isServer } from "./programs.ts";
import type { View } from "./types.ts";

type Seen = Extract<Listening, { sockets: unknown }>;

/** Ports at which people log in: ssh, telnet, rlogin, rsh (services(5)). */
const LOGIN_PORTS = new Set([22, 23, 513, 514]);

/** On what a process was seen to listen; null: nobody looked, or it could not be seen. */
export function seenListening(actor: Actor | null, { listening }: Pick<View, "listening">): Seen | null {
  const found = actor === null ? undefined : listening.get(actor.pid);
  return found === undefined || "why" in found ? null : found;
}

/** Processes that others of these families come from, the most first: by what they started, and by their copies. */
export function actorsOf(families: readonly Family[]): { actor: Actor; count: number }[] {
  const counts = new Map<number, { actor: Actor; count: number }>();
  for (const { copiers, spawners } of families) {
    // The first copies of a process are not noted.
    const forked = copiers.ranked().map(({ value, count }) => ({ value, count: count + COPIER_CHILDREN - 1 }));
    for (const { value, count } of [...forked, ...spawners.ranked()]) {
      const known = counts.get(value.life);
      if (known === undefined) counts.set(value.life, { actor: value, count });
      else known.count += count;
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** The first of them. Null: nobody is known. */
export function listenerOf(families: readonly Family[]): { actor: Actor; count: number } | null {
  return actorsOf(families)[0] ?? null;
}

/**
 * Whether a program is a server by its name, which a look at its sockets can refute: one of that name whose processes
 * listen on nothing is another program. Where nobody could look the name stands.
 */
export function isKnownServer(image: Actor["image"], view: Pick<View, "listening" | "derived">): boolean {
  return isServer(baseName(image)) && !isRefuted(image, view);
}

/** As `isKnownServer`, for servers that let people in; whoever listens at a port for logins is one by any name. */
export function isKnownLoginServer(image: Actor["image"], view: Pick<View, "listening" | "derived">): boolean {
  const name = baseName(image);
  // Those never listen: the sshd that starts them does.
  if (name === "sshd-session" || name === "sshd-auth") return true;
  if (isLoginServer(name)) return !isRefuted(image, view);
  return processesOf(image, view).some(({ sockets }) =>
    sockets.some(({ port }) => port !== null && LOGIN_PORTS.has(port)),
  );
}

/** Every process of the program that was looked at listens on nothing, and one was. */
function isRefuted(image: Actor["image"], view: Pick<View, "listening" | "derived">): boolean {
  const seen = processesOf(image, view);
  return seen.length > 0 && seen.every(({ sockets }) => sockets.length === 0);
}

/** What processes of a program that start others were seen to listen on. */
function processesOf(image: Actor["image"], view: Pick<View, "listening" | "derived">): Seen[] {
  if (view.listening.size === 0) return [];
  const key = imageKey(image);
  const seen = new Map<number, Seen>();
  for (const { spawners, copiers } of view.derived.families)
    for (const { value } of [...spawners.ranked(), ...copiers.ranked()]) {
      const found = imageKey(value.image) === key ? seenListening(value, view) : null;
      if (found !== null) seen.set(value.pid, found);
    }
  return [...seen.values()];
}

/** Whether a process of the program listens on TCP, and the kernel has connections at its ports. */
export function isConnectedTo(image: Actor["image"], view: Pick<View, "listening" | "derived">): boolean {
  return processesOf(image, view).some(
    ({ sockets, connections, sameNetwork }) =>
      sameNetwork && connections > 0 && sockets.some(({ protocol }) => protocol === "tcp"),
  );
}

/** Its sockets as a sentence names them: `127.0.0.1:80/tcp`, `/run/x.sock`. */
export function socketNames(sockets: readonly ListeningSocket[]): string[] {
  return sockets.map(({ protocol, address }) => (protocol === "tcp" ? `${address}/tcp` : address || "(unnamed)"));
}

/** The one TCP port among them; null: none, or several. */
export function onlyPort(sockets: readonly ListeningSocket[]): number | null {
  const ports = new Set(sockets.flatMap(({ port }) => port ?? []));
  const [first] = ports;
  return ports.size === 1 && first !== undefined ? first : null;
}
