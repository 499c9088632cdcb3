import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { usersOf, type User } from "../files/homes.ts";
import { addProblem, attempt } from "../files/read-config.ts";
import { CONFIG_DIRECTORIES, readManager, type Manager } from "./systemd.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";

/** Unit directories that all users share, the first wins (systemd.unit(5), `systemd-analyze --user unit-paths`). */
const SHARED: readonly Untrusted[] = [
  "/etc/xdg/systemd/user",
  "/etc/systemd/user",
  "/run/systemd/user",
  "/usr/local/share/systemd/user",
  "/usr/share/systemd/user",
  "/usr/local/lib/systemd/user",
  "/usr/lib/systemd/user",
  "/lib/systemd/user",
];

/**
 * The managers of users (`systemd --user`, user@UID.service): units in each user's own folders, and those that all share.
 * A process belongs to a user's unit where its cgroup is below that user's manager. Users are those of /etc/passwd; of shared
 * units, what stands for a home (`%h`) is not known.
 */
export const systemdUser: Supervisor = {
  id: "systemd-user",
  present(root) {
    return (
      [...SHARED, "/run/user", "/home"].some((folder) =>
        attempt([], folder, false, () => root.list(folder) !== null),
      ) &&
      ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].some((file) =>
        attempt([], file, false, () => root.stat(file) !== null),
      )
    );
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    /** Units that a user has a file of his own for. */
    const overridden = new Map<Untrusted, number[]>();
    for (const user of usersOf(root, reading.problems, "units of their own", ({ home, uid }) =>
      hasUnits(root, home, uid),
    )) {
      const own = ownFolders(user);
      if (!own.some((folder) => attempt([], folder, false, () => root.list(folder) !== null))) continue;
      const { jobs, problems } = yield* readManager(root, managerOf(user, own));
      for (const { file, line, why } of problems) addProblem(reading.problems, file, line, why);
      const isOwn = (path: Untrusted): boolean => own.some((folder) => path.startsWith(`${folder}/`));
      for (const job of jobs.filter(
        ({ file, definition }) => isOwn(file) || (definition !== undefined && isOwn(definition)),
      )) {
        overridden.set(job.unit, [...(overridden.get(job.unit) ?? []), user.uid]);
        reading.jobs.push({
          ...usersJob(job, { uid: user.uid, except: [] }),
          user: { uid: user.uid, name: user.name },
        });
      }
    }
    const { jobs, problems } = yield* readManager(root, { ...EVERYBODY, directories: SHARED });
    for (const { file, line, why } of problems) addProblem(reading.problems, file, line, why);
    for (const job of jobs) reading.jobs.push(usersJob(job, { uid: null, except: overridden.get(job.unit) ?? [] }));
    return reading;
  },
};

function usersJob(job: Job, manager: NonNullable<Job["manager"]>): Job {
  return { ...job, supervisor: "systemd-user", manager };
}

/** Where a user's own units are: by hand, by `systemctl --user`, transient and generated ones. */
function ownFolders({ uid, home }: User): Untrusted[] {
  const run = `/run/user/${uid}/systemd`;
  return [
    `${home}/.config/systemd/user.control`,
    `${run}/user.control`,
    `${run}/transient`,
    `${run}/generator.early`,
    `${home}/.config/systemd/user`,
    `${run}/user`,
    `${run}/generator`,
    `${home}/.local/share/systemd/user`,
    `${run}/generator.late`,
  ];
}

const SETTINGS: Manager["settings"] = { directories: CONFIG_DIRECTORIES, name: "user.conf" };
/** What stays as written where no user is known. */
const EVERYBODY: Manager = {
  directories: [],
  settings: SETTINGS,
  specifiers: { h: "%h", u: "%u", U: "%U", g: "%g", G: "%G", t: "%t", S: "%S", C: "%C", L: "%L", E: "%E" },
};

function managerOf({ name, uid, home }: User, own: readonly Untrusted[]): Manager {
  const late = own.at(-1) as Untrusted;
  return {
    directories: [...own.slice(0, -1), ...SHARED, late],
    settings: { ...SETTINGS, directories: [`${home}/.config/systemd`, ...CONFIG_DIRECTORIES] },
    specifiers: {
      ...EVERYBODY.specifiers,
      h: home,
      u: name,
      U: String(uid),
      t: `/run/user/${uid}`,
      C: `${home}/.cache`,
      E: `${home}/.config`,
    },
  };
}

function hasUnits(root: Root, home: Untrusted, uid: number): boolean {
  return [`${home}/.config/systemd`, `${home}/.local/share/systemd`, `/run/user/${uid}/systemd`].some((folder) =>
    attempt([], folder, false, () => root.lstat(folder) !== null),
  );
}
