import { spawnSync } from "node:child_process";
import type { Untrusted } from "../model/text.ts";

const PATIENCE_MS = 10_000;

/** How each supervisor is asked whether a unit runs, and how it says yes. */
const ASKED: Readonly<Record<string, { command: (unit: Untrusted) => Untrusted[]; yes: RegExp }>> = {
  systemd: {
    command: (unit) => ["systemctl", "is-active", "--", unit],
    yes: /^(?:active|activating|reloading)$/m,
  },
  upstart: { command: (unit) => ["initctl", "status", unit], yes: /\bstart\// },
  supervisord: { command: (unit) => ["supervisorctl", "status", unit], yes: /\b(?:RUNNING|STARTING|BACKOFF)\b/ },
  openrc: { command: (unit) => ["rc-service", unit, "status"], yes: /\b(?:started|starting)\b/ },
};

/**
 * Whether a unit runs, by its supervisor; null: it cannot be asked. One that does not run must not be "stopped": its undo
 * would start it.
 */
export function isRunning(supervisor: string, unit: Untrusted): boolean | null {
  const asked = Object.hasOwn(ASKED, supervisor) ? ASKED[supervisor] : undefined;
  if (asked === undefined) return null;
  const [program = "", ...args] = asked.command(unit);
  const { error, stdout } = spawnSync(program, args, {
    timeout: PATIENCE_MS,
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    encoding: "latin1",
  });
  return error === undefined ? asked.yes.test(stdout) : null;
}
