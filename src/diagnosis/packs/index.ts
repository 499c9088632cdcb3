import type { Untrusted } from "../../model/text.ts";
import type { Restart } from "../../supervisors/types.ts";
import { containerd, docker, podman } from "./containers.ts";
import { dinit, haproxy, keepalived, kubelet, monit, openrc, pm2, supervisord, xinetd } from "./daemons.ts";
import { runit, s6 } from "./service-dirs.ts";
import { systemd, systemdUser } from "./systemd.ts";
import { anacron, at, cron, inetd, rcLocal, sysvinit } from "./tables.ts";
import type { Owned, Pack, Way } from "./types.ts";
import { upstart } from "./upstart.ts";

export type { Owned, Pack, Way } from "./types.ts";

/** What to do about the jobs of each supervisor that can be read, by its id. */
export const PACKS: ReadonlyMap<string, Pack> = new Map(
  Object.entries({
    systemd,
    "systemd-user": systemdUser,
    upstart,
    sysvinit,
    runit,
    s6,
    cron,
    anacron,
    at,
    supervisord,
    docker,
    containerd,
    podman,
    dinit,
    pm2,
    kubelet,
    openrc,
    "rc.local": rcLocal,
    monit,
    inetd,
    xinetd,
    haproxy,
    keepalived,
  }),
);

/** The pack of a job's supervisor, and the job as it needs it. `root`: where the job's paths lie on the host. Null: no such supervisor is known. */
export function packOf(restart: Restart, root: string): { pack: Pack; job: Owned } | null {
  const pack = PACKS.get(restart.supervisor);
  if (pack === undefined) return null;
  const { unit, file, line, directive, activates = null, user = null } = restart;
  return { pack, job: { unit, path: onHost(root, file), line, directive, activates, user, here: root === "/" } };
}

/** How to keep a job from being started again. */
export function stopWay(restart: Restart, root: string): Way | null {
  const owned = packOf(restart, root);
  return owned === null ? null : owned.pack.stop(owned.job);
}

/** Where a path of a root lies on the host. */
export function onHost(root: string, path: Untrusted): Untrusted {
  return root === "/" ? path : root + path;
}
