import type { Owned, Pack, Way } from "./types.ts";
import { commentedOut, notExecutable, thenReload } from "./ways.ts";

/** A file that run-parts runs is passed over without its execute bits; a line of a table becomes a comment. */
function lineOrScript(job: Owned): Way | null {
  return job.directive === "run-parts" || job.directive === "#!" ? notExecutable(job) : commentedOut(job);
}

/** cron looks at its tables every minute by itself. */
export const cron: Pack = {
  stop: lineOrScript,
  log: ({ here }) =>
    here
      ? [
          "sh",
          "-c",
          "journalctl -n 50 --no-pager -t CRON -t crond -t cron || grep -a CRON /var/log/syslog | tail -n 50",
        ]
      : null,
};

export const anacron: Pack = { stop: lineOrScript };

export const rcLocal: Pack = { stop: lineOrScript };

/** sysvinit reads its table again when it is told to. */
export const sysvinit: Pack = {
  stop: (job) => thenReload(commentedOut(job), job, "telinit q"),
  limit: (job) => thenReload(toOnce(job), job, "telinit q"),
  foreground: true,
};

/** `respawn` becomes `once`: it is started, and stays away when it ends. */
function toOnce({ path, line, directive }: Owned): Way | null {
  if (line === null || directive !== "respawn") return null;
  return {
    command: ["sed", "-i", `${line}s/:respawn:/:once:/`, path],
    undo: ["sed", "-i", `${line}s/:once:/:respawn:/`, path],
  };
}

export const inetd: Pack = { stop: (job) => thenReload(commentedOut(job), job, "pkill -HUP -x inetd") };

/** atd passes over jobs that are not executable. */
export const at: Pack = { stop: notExecutable };
