import type { Untrusted } from "../model/text.ts";
import type { Restart } from "../supervisors/types.ts";

/** A command that keeps a supervisor from starting a job for now, and the one that takes that back. */
export interface StopWay {
  command: Untrusted[];
  undo: Untrusted[];
}

interface Where {
  unit: Untrusted;
  /** The job's file as the host sees it. */
  path: Untrusted;
  line: number | null;
  directive: Untrusted;
  /** Whether the job belongs to this host, so that its daemons can be asked. Programs of another root are never run. */
  here: boolean;
}

/** One entry a supervisor; null: there is no command for this job from here, and the words alone must do. */
const WAYS: Readonly<Record<string, (where: Where) => StopWay | null>> = {
  systemd: ({ unit, here }) =>
    here
      ? {
          command: ["systemctl", "mask", "--runtime", "--now", unit],
          undo: ["systemctl", "unmask", "--runtime", unit],
        }
      : null,
  upstart({ path }) {
    const override = path.replace(/\.(conf|override)$/, ".override");
    return {
      command: ["sh", "-c", 'echo manual >> "$1"', "sh", override],
      undo: ["sed", "-i", "/^manual$/d", override],
    };
  },
  sysvinit: commentedOut,
  // A file that run-parts runs is passed over without its execute bits; a line of a table becomes a comment.
  cron: (where) => (where.directive === "run-parts" ? notExecutable(where) : commentedOut(where)),
  anacron: (where) => (where.directive === "run-parts" ? notExecutable(where) : commentedOut(where)),
  // atd passes over jobs that are not executable.
  at: notExecutable,
  supervisord: (where) =>
    asked(where, (unit) => both(["supervisorctl", "stop", unit], ["supervisorctl", "start", unit])),
  openrc: (where) => asked(where, (unit) => both(["rc-service", unit, "stop"], ["rc-service", unit, "start"])),
  monit: (where) => asked(where, (unit) => both(["monit", "unmonitor", unit], ["monit", "monitor", unit])),
  inetd: (where) => reloaded(commentedOut(where), "inetd"),
  "rc.local": (where) => (where.directive === "#!" ? notExecutable(where) : commentedOut(where)),
  runit: ({ path, here }) => (here ? both(["sv", "down", folderOf(path)], ["sv", "up", folderOf(path)]) : null),
  s6: ({ path, here }) => (here ? both(["s6-svc", "-d", folderOf(path)], ["s6-svc", "-u", folderOf(path)]) : null),
  docker: (where) =>
    asked(where, (unit) =>
      both(
        ["docker", "update", "--restart=no", unit],
        ["docker", "update", `--restart=${where.directive.slice("RestartPolicy=".length)}`, unit],
      ),
    ),
  dinit: (where) => asked(where, (unit) => both(["dinitctl", "stop", unit], ["dinitctl", "start", unit])),
  pm2(where) {
    const of = ["env", `PM2_HOME=${folderOf(where.path)}`, "pm2"];
    return asked(where, (unit) => both([...of, "stop", unit], [...of, "start", unit]));
  },
};

/** How to keep a job from being started again. `root`: where the job's paths lie on the host. */
export function stopWay({ supervisor, unit, file, line, directive }: Restart, root: string): StopWay | null {
  // A name of the examined host is a key only where it is one of ours.
  const way = Object.hasOwn(WAYS, supervisor) ? WAYS[supervisor] : undefined;
  return way?.({ unit, path: onHost(root, file), line, directive, here: root === "/" }) ?? null;
}

/** What a running daemon is told. A name that looks like an option is given to none. */
function asked({ unit, here }: Where, way: (unit: Untrusted) => StopWay): StopWay | null {
  return here && unit !== "" && !unit.startsWith("-") ? way(unit) : null;
}

function notExecutable({ path }: Where): StopWay {
  return both(["chmod", "a-x", "--", path], ["chmod", "a+x", "--", path]);
}

function both(command: Untrusted[], undo: Untrusted[]): StopWay {
  return { command, undo };
}

function folderOf(path: Untrusted): Untrusted {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Its daemon reads its table again at SIGHUP. */
function reloaded(way: StopWay | null, daemon: string): StopWay | null {
  const then = (command: Untrusted[]): Untrusted[] => ["sh", "-c", `"$@" && pkill -HUP -x ${daemon}`, "sh", ...command];
  return way === null ? null : both(then(way.command), then(way.undo));
}

/** Where a path of a root lies on the host. */
export function onHost(root: string, path: Untrusted): Untrusted {
  return root === "/" ? path : root + path;
}

/** Tables of one line a job: the line becomes a comment. */
function commentedOut({ path, line }: Where): StopWay | null {
  if (line === null) return null;
  return { command: ["sed", "-i", `${line}s/^/#/`, path], undo: ["sed", "-i", `${line}s/^#//`, path] };
}
