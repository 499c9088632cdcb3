import type { Untrusted } from "../../model/text.ts";
import type { Owned, Pack, Way } from "./types.ts";
import { asUser, asked, both } from "./ways.ts";

/** Docker: the policy is changed while the container stays as it is. */
export const docker: Pack = {
  stop: (job) => withPolicy(job, "no"),
  log: (job) => asked(job, (unit) => ["docker", "logs", "--tail", "50", unit]),
  limit: (job) => withPolicy(job, "on-failure:5"),
};

function withPolicy(job: Owned, policy: string): Way | null {
  // A health check is none of the policy's.
  if (!job.directive.startsWith("RestartPolicy=")) return null;
  const now = job.directive.slice("RestartPolicy=".length);
  return asked(job, (unit) =>
    both(["docker", "update", `--restart=${policy}`, unit], ["docker", "update", `--restart=${now}`, unit]),
  );
}

/** Its labels are changed by whoever made the container (nerdctl, ctr), and it is no more than a task to stop. */
export const containerd: Pack = {
  stop: (job) =>
    asked(job, (unit) => {
      const [namespace = "", id = ""] = unit.split("/");
      const label = (value: string): Untrusted[] => [
        "ctr", "-n", namespace, "containers", "label", id, `containerd.io/restart.explicitly-stopped=${value}`,
      ]; // prettier-ignore
      return id === "" || id.startsWith("-") ? null : both(label("true"), label("false"));
    }),
};

/** Podman changes a policy since version 5 only; a container that was stopped by hand is not started again. A user's is told as him. */
export const podman: Pack = {
  stop(job) {
    if (!job.directive.startsWith("restart_policy=")) return null;
    const way = asked(job, (unit) => both(["podman", "stop", unit], ["podman", "start", unit]));
    return job.user === null ? way : asUser(job, way);
  },
  log: (job) => (job.user === null ? asked(job, (unit) => ["podman", "logs", "--tail", "50", unit]) : null),
};
