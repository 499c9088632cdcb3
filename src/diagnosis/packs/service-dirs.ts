import type { Owned, Pack } from "./types.ts";
import { both, folderOf } from "./ways.ts";

function folder(job: Owned): string {
  return folderOf(job.path);
}

/** runit: a service is told by its folder. */
export const runit: Pack = {
  stop: (job) => (job.here ? both(["sv", "down", folder(job)], ["sv", "up", folder(job)]) : null),
  log: (job) => (job.here ? ["sv", "status", folder(job)] : null),
  foreground: true,
};

export const s6: Pack = {
  stop: (job) => (job.here ? both(["s6-svc", "-d", folder(job)], ["s6-svc", "-u", folder(job)]) : null),
  log: (job) => (job.here ? ["s6-svdt", folder(job)] : null),
  foreground: true,
};
