import type { Untrusted } from "../../model/text.ts";
import type { Pack, Way } from "./types.ts";
import { asUser, both } from "./ways.ts";

const MAKE = `set -C; d=$1; shift; mkdir -p -- "$d" && printf '%s\\n' "$@" > "$d/90-whoforks.conf"`;
const REMOVE = `rm -f -- "$1/90-whoforks.conf"; rmdir -- "$1" 2>/dev/null`;
/** Drop-ins of the host's own units lie here, whichever folder the unit's file is in. */
const UNITS = "/etc/systemd/system";

/** systemd: units are told by name, and changed by a drop-in of our name that can be taken away again. */
export const systemd: Pack = {
  stop({ unit, path, activates, here }) {
    if (!here) return null;
    // A mask in /run hides no unit file in /etc; what is stopped by hand is not restarted either.
    const isAbove = path.startsWith(`${UNITS}/`) && !path.includes(".d/");
    return activates !== null || isAbove ? stopped(unit) : masked(unit);
  },
  log: ({ unit, activates, here }) => (here ? ["journalctl", "-n", "50", "--no-pager", "-u", activates ?? unit] : null),
  limit(job) {
    const { unit, activates, directive, here } = job;
    if (!here) return null;
    if (activates === null)
      return dropIn(unit, ["[Service]", "RestartSec=5", "[Unit]", "StartLimitIntervalSec=60", "StartLimitBurst=5"]);
    // An empty setting clears all of a timer's times; one that counts from the last start needs a first start too.
    if (directive.startsWith("OnCalendar=")) return dropIn(unit, ["[Timer]", "OnCalendar=", "OnCalendar=minutely"]);
    if (/^On\w+Sec=/.test(directive))
      return dropIn(unit, ["[Timer]", "OnUnitActiveSec=", "OnActiveSec=1min", "OnUnitActiveSec=1min"]);
    return null;
  },
  foreground: true,
};

/**
 * A user's manager is asked as that user, by its socket in his runtime folder: systemctl(1) does so without a session of
 * his, and without his shell, in every version. Null where it is not known whose manager it is.
 */
export const systemdUser: Pack = {
  stop(job) {
    const { unit, path, activates } = job;
    // As above: a mask in /run hides no unit in his home or in /etc.
    const isBelow = activates === null && path.startsWith("/usr/");
    const ask = (...words: Untrusted[]): Untrusted[] => ["systemctl", "--user", ...words, "--", unit];
    return asUser(
      job,
      isBelow ? both(ask("mask", "--runtime", "--now"), ask("unmask", "--runtime")) : both(ask("stop"), ask("start")),
    );
  },
  log: ({ unit, activates, user, here }) =>
    here && user !== null
      ? ["journalctl", "-n", "50", "--no-pager", `_UID=${user.uid}`, `_SYSTEMD_USER_UNIT=${activates ?? unit}`]
      : null,
  foreground: true,
};

function masked(unit: Untrusted): Way {
  return both(
    ["systemctl", "mask", "--runtime", "--now", "--", unit],
    ["systemctl", "unmask", "--runtime", "--", unit],
  );
}

/** A timer or a socket that is stopped starts its service no more. */
function stopped(unit: Untrusted): Way {
  return both(["systemctl", "stop", "--", unit], ["systemctl", "start", "--", unit]);
}

function dropIn(unit: Untrusted, lines: string[]): Way {
  const folder = `${UNITS}/${unit}.d`;
  const reload = unit.endsWith(".timer")
    ? `systemctl daemon-reload && systemctl restart -- "$u"`
    : "systemctl daemon-reload";
  return both(
    ["sh", "-c", `u=$1; shift; ${MAKE} && ${reload}`, "sh", unit, folder, ...lines],
    ["sh", "-c", `u=$1; shift; ${REMOVE}; ${reload}`, "sh", unit, folder],
  );
}

/** Bounds how many processes a unit may have, for now: a drop-in in /run, gone after a reboot too. */
export function tasksCapped(unit: Untrusted, most: number): Way {
  const folder = `/run/systemd/system/${unit}.d`;
  return both(
    ["sh", "-c", `${MAKE} && systemctl daemon-reload`, "sh", folder, sectionOf(unit), `TasksMax=${most}`],
    ["sh", "-c", `${REMOVE}; systemctl daemon-reload`, "sh", folder],
  );
}

function sectionOf(unit: Untrusted): string {
  return unit.endsWith(".scope") ? "[Scope]" : unit.endsWith(".slice") ? "[Slice]" : "[Service]";
}
