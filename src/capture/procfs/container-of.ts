import { fromBytes, type Untrusted } from "../../model/text.ts";
import { link, pickCgroup } from "./facts.ts";
import { readSmall } from "./read-small.ts";

/** The container that a process is in, as far as the kernel tells. */
export interface ContainerName {
  /** From its cgroup: the short id or the name that its manager knows it by; null when the path is of no known form. */
  name: Untrusted | null;
  /** `pid:[4026532301]`. */
  pidNamespace: string;
}

/**
 * How container managers name cgroups: docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope (systemd
 * driver), /docker/ID and /kubepods/…/ID (cgroupfs driver), lxc.payload.NAME, machine-NAME.scope and
 * systemd-nspawn@NAME.service.
 */
const ID = /(?:^|[/-])([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?(?:\/|$)/;
const NAMES = [
  /\/lxc(?:\.payload\.|\/)([^/]+)/,
  /\/machine-([^/]+)\.scope(?:\/|$)/,
  /\/systemd-nspawn@([^/]+)\.service(?:\/|$)/,
];

/**
 * The container of a living process; null when it is in the PID namespace `ownPidNamespace` or cannot be looked at, and
 * undefined when it is gone.
 */
export function containerOf(pid: number, ownPidNamespace: string | null): ContainerName | null | undefined {
  const pidNamespace = link(`/proc/${pid}/ns/pid`);
  if (pidNamespace === null) return readSmall(`/proc/${pid}/stat`, 16) === null ? undefined : null;
  if (pidNamespace === ownPidNamespace) return null;
  const text = readSmall(`/proc/${pid}/cgroup`, 8192);
  const path = text === null ? null : pickCgroup(fromBytes(text));
  return { name: path === null ? null : containerName(path), pidNamespace };
}

/** The name in a cgroup's path, or null. */
export function containerName(path: Untrusted): Untrusted | null {
  const id = ID.exec(path)?.[1];
  if (id !== undefined) return id;
  for (const pattern of NAMES) {
    const name = pattern.exec(path)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}
