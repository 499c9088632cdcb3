import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { readBolt } from "../files/bolt-config.ts";
import { BoltBucket } from "../files/bolt.ts";
import { member, textOf, textsOf } from "../files/json-config.ts";
import { attempt } from "../files/read-config.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";

const DATABASE = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db";
/** The monitor looks so often (plugin io.containerd.internal.v1.restart, `interval`). */
const INTERVAL_SECONDS = 10;
const MAX_CONTAINERS = 10_000;
const LABEL = "containerd.io/restart.";
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * containerd: containers whose labels ask its restart monitor to bring them back (`containerd.io/restart.status=running`,
 * `.policy`, `.explicitly-stopped`; containerd runtime/restart/restart.go), as its metadata has them:
 * `v1/NAMESPACE/containers/ID/{labels,spec}` in meta.db. nerdctl sets them for `--restart`; the kubelet and docker keep their
 * own counsel. Containers without these labels are not restarted by it, and not told.
 */
export const containerd: Supervisor = {
  id: "containerd",
  present: (root) => attempt([], DATABASE, true, () => root.lstat(DATABASE) !== null),
  *jobs(root) {
    yield;
    return readDatabase(root);
  },
};

function readDatabase(root: Root): JobReading {
  const reading: JobReading = { jobs: [], problems: [] };
  readBolt(root, DATABASE, reading.problems, (top) => {
    for (const [namespace, inside] of bucketsOf(top.bucket("v1")))
      for (const [id, container] of bucketsOf(inside.bucket("containers"))) {
        if (reading.jobs.length >= MAX_CONTAINERS) return;
        const job = jobOf(namespace, id, container);
        if (job !== null) reading.jobs.push(job);
      }
  });
  return reading;
}

function* bucketsOf(bucket: BoltBucket | null): Generator<[Untrusted, BoltBucket]> {
  for (const { key, value } of bucket?.entries() ?? []) if (value instanceof BoltBucket) yield [fromBytes(key), value];
}

function jobOf(namespace: Untrusted, id: Untrusted, container: BoltBucket): Job | null {
  const labels = labelsOf(container);
  const status = labels.get("status");
  if (status === undefined) return null;
  const policy = labels.get("policy") ?? "always";
  const [, kind = policy, most] = /^(on-failure)(?::(\d{1,6}))?$/.exec(policy) ?? [];
  const restarts = kind === "always" || kind === "unless-stopped" ? "always" : kind === "on-failure" ? kind : "never";
  const tries = Number(most ?? 0);
  const isLimited = restarts === "on-failure" && tries > 0;
  const process = member(specOf(container), "process");
  const words = textsOf(member(process, "args"));
  const path = textsOf(member(process, "env")).findLast((one) => one.startsWith("PATH="));
  const isOff = status !== "running" || labels.get("explicitly-stopped") === "true";
  return {
    supervisor: "containerd",
    unit: `${namespace}/${id}`,
    file: DATABASE,
    line: null,
    directive: `${LABEL}policy=${policy}`,
    restarts,
    limit: isLimited ? { starts: tries + 1, seconds: (tries + 1) * INTERVAL_SECONDS } : null,
    atLimit: isLimited ? { action: "stop" } : null,
    delaySeconds: INTERVAL_SECONDS,
    command: words.join(" "),
    program: words[0] === undefined || words[0] === "" ? null : words[0],
    searchPath: (path?.slice("PATH=".length) ?? DEFAULT_PATH).split(":"),
    expects: null,
    chroot: textOf(member(specOf(container), "root", "path")) ?? id,
    container: id,
    ...(isOff ? { inactive: "manual" as const } : {}),
  };
}

/** Labels of the restart monitor, without their common beginning. */
function labelsOf(container: BoltBucket): Map<string, Untrusted> {
  const labels = new Map<string, Untrusted>();
  for (const { key, value } of container.bucket("labels")?.entries() ?? []) {
    const name = fromBytes(key);
    if (name.startsWith(LABEL) && !(value instanceof BoltBucket))
      labels.set(name.slice(LABEL.length), fromBytes(value).replaceAll("\0", ""));
  }
  return labels;
}

/** The OCI specification: JSON in a `google.protobuf.Any`, whose other fields stand before it. */
function specOf(container: BoltBucket): unknown {
  const bytes = container.value("spec");
  const from = bytes?.indexOf('{"ociVersion"') ?? -1;
  if (bytes === null || from < 0) return null;
  try {
    return JSON.parse(fromBytes(bytes.subarray(from))) as unknown;
  } catch {
    return null;
  }
}
