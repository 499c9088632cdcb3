import type { Pack } from "./types.ts";
import { asked, both, folderOf, movedUp, thenReload } from "./ways.ts";

/** Supervisors that a command of theirs asks about one job by its name. */

export const supervisord: Pack = {
  stop: (job) => asked(job, (unit) => both(["supervisorctl", "stop", unit], ["supervisorctl", "start", unit])),
  log: (job) => asked(job, (unit) => ["supervisorctl", "tail", unit, "stderr"]),
  foreground: true,
};

export const openrc: Pack = {
  stop: (job) => asked(job, (unit) => both(["rc-service", unit, "stop"], ["rc-service", unit, "start"])),
  log: (job) => asked(job, (unit) => ["rc-service", unit, "status"]),
  foreground: true,
};

export const monit: Pack = {
  stop: (job) => asked(job, (unit) => both(["monit", "unmonitor", unit], ["monit", "monitor", unit])),
  log: (job) => asked(job, (unit) => ["monit", "status", unit]),
};

export const dinit: Pack = {
  stop: (job) => asked(job, (unit) => both(["dinitctl", "stop", unit], ["dinitctl", "start", unit])),
  log: (job) => asked(job, (unit) => ["dinitctl", "catalog", unit]),
  foreground: true,
};

export const pm2: Pack = {
  stop(job) {
    const of = ["env", `PM2_HOME=${folderOf(job.path)}`, "pm2"];
    return asked(job, (unit) => both([...of, "stop", unit], [...of, "start", unit]));
  },
  log(job) {
    const of = ["env", `PM2_HOME=${folderOf(job.path)}`, "pm2"];
    return asked(job, (unit) => [...of, "logs", unit, "--lines", "50", "--nostream"]);
  },
  foreground: true,
};

/** xinetd passes over files with a dot in their name (xinetd.conf(5), includedir), and reads its folders again at SIGHUP. */
export const xinetd: Pack = {
  stop(job) {
    const { path } = job;
    if (path.endsWith("/xinetd.conf")) return null;
    const aside = `${path}.whoforks`;
    return thenReload(
      both(["mv", "-n", "--", path, aside], ["mv", "-n", "--", aside, path]),
      job,
      "pkill -HUP -x xinetd",
    );
  },
};

/** Who checks serves others meanwhile: no command holds the checks alone. */
export const haproxy: Pack = { stop: () => null };
export const keepalived: Pack = { stop: () => null };

/** The kubelet looks into the folder by itself, and ends the pod whose manifest is gone. */
export const kubelet: Pack = {
  stop: (job) => (job.directive.startsWith("restartPolicy") ? movedUp(job) : null),
  log: (job) => (job.here ? ["sh", "-c", 'tail -n 50 /var/log/pods/"$1"-*/*/*.log', "sh", podOf(job.unit)] : null),
};

/** `NAMESPACE/POD/CONTAINER` → `NAMESPACE_POD-NODE` begins like this in /var/log/pods. */
function podOf(unit: string): string {
  return unit.split("/").slice(0, 2).join("_");
}
