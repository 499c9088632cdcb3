import { spawnSync } from "node:child_process";
import type { Standing } from "../journal/types.ts";
import type { Untrusted } from "../model/text.ts";

const PATIENCE_MS = 10_000;

/** How each supervisor is asked whether a unit runs, and how it says yes. runit and s6 know services by their folders. */
const ASKED: Readonly<Record<string, { command: (unit: Untrusted) => Untrusted[]; yes: RegExp }>> = {
  systemd: {
    command: (unit) => ["systemctl", "is-active", "--", unit],
    yes: /^(?:active|activating|reloading)$/m,
  },
  upstart: { command: (unit) => ["initctl", "status", unit], yes: /\bstart\// },
  supervisord: { command: (unit) => ["supervisorctl", "status", unit], yes: /\b(?:RUNNING|STARTING|BACKOFF)\b/ },
  openrc: { command: (unit) => ["rc-service", unit, "status"], yes: /\b(?:started|starting)\b/ },
  runit: { command: (folder) => ["sv", "status", folder], yes: /^(?:run|finish): / },
  s6: { command: (folder) => ["s6-svstat", folder], yes: /^up\b/ },
};
const BY_FOLDER: ReadonlySet<string> = new Set(["runit", "s6"]);

/**
 * Whether a unit runs, by its supervisor; null: it cannot be asked. One that does not run must not be "stopped": its undo
 * would start it.
 * @param stop the command that stops it: for runit and s6 it ends with the service's folder
 */
export function isRunning(supervisor: string, unit: Untrusted, stop: readonly Untrusted[] = []): boolean | null {
  const asked = Object.hasOwn(ASKED, supervisor) ? ASKED[supervisor] : undefined;
  const name = BY_FOLDER.has(supervisor) ? stop.at(-1) : unit;
  if (asked === undefined || name === undefined) return null;
  const [program = "", ...args] = asked.command(name);
  const { error, stdout } = spawnSync(program, args, {
    timeout: PATIENCE_MS,
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    encoding: "latin1",
  });
  return error === undefined ? asked.yes.test(stdout) : null;
}

/** Where a unit stands in respect of its being stopped, by its supervisor. Arguments as `isRunning`. */
export function standingOfUnit(supervisor: string, unit: Untrusted, stop: readonly Untrusted[] = []): Standing {
  const running = isRunning(supervisor, unit, stop);
  return running === null ? "between" : running ? "before" : "after";
}
