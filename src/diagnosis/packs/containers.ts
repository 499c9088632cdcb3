import type { Owned, Pack, Way } from "./types.ts";
import { asked, both } from "./ways.ts";

/** Docker: the policy is changed while the container stays as it is. */
export const docker: Pack = {
  stop: (job) => withPolicy(job, "no"),
  log: (job) => asked(job, (unit) => ["docker", "logs", "--tail", "50", unit]),
  limit: (job) => withPolicy(job, "on-failure:5"),
};

function withPolicy(job: Owned, policy: string): Way | null {
  const now = job.directive.slice("RestartPolicy=".length);
  return asked(job, (unit) =>
    both(["docker", "update", `--restart=${policy}`, unit], ["docker", "update", `--restart=${now}`, unit]),
  );
}
