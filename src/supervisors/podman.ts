import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { readBolt } from "./bolt-config.ts";
import { BoltBucket } from "./bolt.ts";
import { countOf, member, textOf, textsOf } from "./json-config.ts";
import { addProblem, attempt } from "./read-config.ts";
import type { Job, JobReading, Supervisor } from "./types.ts";

const STORAGE = "/var/lib/containers/storage";
/** State of podman before 5, and where version 5 made it. */
const BOLT = `${STORAGE}/libpod/bolt_state.db`;
const SQLITE = `${STORAGE}/db.sql`;
const ID = /^[0-9a-f]{64}$/;
const MAX_CONTAINERS = 10_000;
const YEAR_SECONDS = 365 * 86_400;

/**
 * podman, root's own: containers and their restart policies in `bolt_state.db` (libpod/boltdb_state_internal.go: bucket `ctr`,
 * a bucket for each id, key `config` with JSON). conmon runs `podman container cleanup` at a container's end, and that starts
 * it again at once, without a limit but `on-failure:N` (podman-run(1), --restart). Podman 5 keeps its state in SQLite, which
 * is not read; units made for containers (quadlet, `podman generate systemd`) are systemd's.
 */
export const podman: Supervisor = {
  id: "podman",
  present: (root) => [BOLT, SQLITE].some((file) => attempt([], file, true, () => root.lstat(file) !== null)),
  *jobs(root) {
    yield;
    return readState(root);
  },
};

function readState(root: Root): JobReading {
  const reading: JobReading = { jobs: [], problems: [] };
  if (attempt(reading.problems, SQLITE, null, () => root.lstat(SQLITE)) !== null)
    addProblem(reading.problems, SQLITE, null, "restart policies in SQLite (podman 5): not read");
  readBolt(root, BOLT, reading.problems, (top) => {
    for (const { key, value } of top.bucket("ctr")?.entries() ?? []) {
      const id = fromBytes(key);
      if (!ID.test(id) || !(value instanceof BoltBucket)) continue;
      if (reading.jobs.length >= MAX_CONTAINERS) return;
      const config = jsonOf(value.value("config"));
      if (config === null) addProblem(reading.problems, BOLT, null, `container ${id.slice(0, 12)}: no JSON`);
      else reading.jobs.push(jobOf(id, config));
    }
  });
  return reading;
}

function jsonOf(bytes: Buffer | null): unknown {
  try {
    return bytes === null ? null : (JSON.parse(fromBytes(bytes)) as unknown);
  } catch {
    return null;
  }
}

function jobOf(id: Untrusted, config: unknown): Job {
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
    file: BOLT,
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
  };
}
