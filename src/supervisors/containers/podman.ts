import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Steps } from "../../model/steps.ts";
import type { Root } from "../../platform/root.ts";
import { readBolt } from "../files/bolt-config.ts";
import { BoltBucket } from "../files/bolt.ts";
import { healthCheckOf } from "../health-checks/health-check.ts";
import { usersOf, type User } from "../files/homes.ts";
import { countOf, member, textOf, textsOf } from "../files/json-config.ts";
import { addProblem, attempt } from "../files/read-config.ts";
import { readSqlite } from "../files/sqlite-config.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";

/** Storage of root's podman, and of a user's in his home (containers-storage.conf(5), graphroot). */
const STORAGE = "/var/lib/containers/storage";
const OF_USER = ".local/share/containers/storage";
/** State of podman before 5, and that of podman 5 since it is kept in SQLite. */
const BOLT = "libpod/bolt_state.db";
const SQLITE = "db.sql";
const ID = /^[0-9a-f]{64}$/;
const MAX_CONTAINERS = 10_000;
const YEAR_SECONDS = 365 * 86_400;

/**
 * podman, root's own and that of users (rootless): containers and their restart policies, in `bolt_state.db`
 * (libpod/boltdb_state_internal.go: bucket `ctr`, a bucket for each id, key `config` with JSON), or in `db.sql` since podman 5
 * (libpod/sqlite_state_internal.go: table ContainerConfig, column JSON, the same JSON). conmon runs `podman container
 * cleanup` at a container's end, and that starts it again at once, without a limit but `on-failure:N` (podman-run(1),
 * --restart). Units made for containers (quadlet, `podman generate systemd`) are systemd's.
 */
export const podman: Supervisor = {
  id: "podman",
  present: (root) => hasState(root, STORAGE) || usersWithState(root, { jobs: [], problems: [] }).length > 0,
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    yield* readState(root, STORAGE, null, reading);
    for (const user of usersWithState(root, reading)) yield* readState(root, `${user.home}/${OF_USER}`, user, reading);
    return reading;
  },
};

function hasState(root: Root, storage: Untrusted): boolean {
  // Of most users of a long /etc/passwd it is the folder that is not there.
  const isThere = attempt([], storage, false, () => root.lstat(storage) !== null);
  return (
    isThere &&
    [BOLT, SQLITE].some((file) => attempt([], storage, false, () => root.lstat(`${storage}/${file}`) !== null))
  );
}

function usersWithState(root: Root, { problems }: JobReading): User[] {
  return usersOf(
    root,
    problems,
    "containers of their own",
    ({ uid, home }) => uid > 0 && hasState(root, `${home}/${OF_USER}`),
  );
}

function* readState(root: Root, storage: Untrusted, user: User | null, { jobs, problems }: JobReading): Steps<void> {
  yield;
  const add = (file: Untrusted, id: Untrusted, bytes: Buffer | null): void => {
    if (!ID.test(id) || jobs.length >= MAX_CONTAINERS) return;
    const config = jsonOf(bytes);
    if (config === null) addProblem(problems, file, null, `container ${id.slice(0, 12)}: no JSON`);
    else {
      const job = jobOf(id, config, file, user);
      const check = healthCheckOf(job, member(config, "healthcheck"), file, null);
      jobs.push(job, ...(check === null ? [] : [check]));
    }
  };
  const bolt = `${storage}/${BOLT}`;
  readBolt(root, bolt, problems, (top) => {
    for (const { key, value } of top.bucket("ctr")?.entries() ?? [])
      if (value instanceof BoltBucket) add(bolt, fromBytes(key), value.value("config"));
  });
  yield;
  const sqlite = `${storage}/${SQLITE}`;
  readSqlite(root, sqlite, problems, (database) => {
    for (const row of database.records("ContainerConfig", MAX_CONTAINERS)) {
      // The columns were `Id` and `Json` at first.
      const [id, json] = [row.get("ID") ?? row.get("Id"), row.get("JSON") ?? row.get("Json")];
      if (Buffer.isBuffer(id)) add(sqlite, fromBytes(id), Buffer.isBuffer(json) ? json : null);
    }
  });
}

function jsonOf(bytes: Buffer | null): unknown {
  try {
    return bytes === null ? null : (JSON.parse(fromBytes(bytes)) as unknown);
  } catch {
    return null;
  }
}

function jobOf(id: Untrusted, config: unknown, file: Untrusted, user: User | null): Job {
  const policy = textOf(member(config, "restart_policy")) ?? "";
  const tries = countOf(member(config, "restart_retries")) ?? 0;
  const restarts =
    policy === "always" || policy === "unless-stopped" ? "always" : policy === "on-failure" ? policy : "never";
  const isLimited = restarts === "on-failure" && tries > 0;
  // With an entrypoint the command is its arguments.
  const words = [...textsOf(member(config, "entrypoint")), ...textsOf(member(config, "command"))];
  const program = words[0] ?? "";
  return {
    supervisor: "podman",
    unit: textOf(member(config, "name")) ?? id.slice(0, 12),
    file,
    line: null,
    directive: `restart_policy=${policy === "" ? "no" : policy}${isLimited ? `:${tries}` : ""}`,
    restarts,
    // Tries are counted since somebody started it, however long that is ago.
    limit: isLimited ? { starts: tries + 1, seconds: YEAR_SECONDS } : null,
    atLimit: isLimited ? { action: "stop" } : null,
    delaySeconds: 0,
    command: words.join(" "),
    program: program === "" ? null : program,
    searchPath: null,
    expects: null,
    chroot: textOf(member(config, "rootfsImageName")) ?? id,
    container: id,
    ...(user === null ? {} : { user: { uid: user.uid, name: user.name } }),
  };
}
