import type { Document, LineCounter } from "yaml";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { probeOf } from "../health-checks/health-check.ts";
import { countOf, member, textOf, textsOf } from "../files/json-config.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "../files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "../types.ts";
import { yaml } from "../files/yaml.ts";

const CONFIG = "/var/lib/kubelet/config.yaml";
const MANIFESTS = "/etc/kubernetes/manifests";
const LOGS = "/var/log/pods";
/** A manifest is a few kB; the parser takes milliseconds for each of them. */
const MOST_BYTES = 256 << 10;
/** First wait of CrashLoopBackOff, doubled up to 300 s, and the run after which it begins anew (pkg/kubelet, KEP-4603). */
const FIRST_WAIT = 10;
const LONG_RUN = 600;
const BACK_OFF = { factor: 2, longestSeconds: 300, resetAfterSeconds: LONG_RUN };

/** Probes of a container; those by `exec` run a program in it, every ten seconds unless `periodSeconds` says otherwise. */
const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
const PERIOD_SECONDS = 10;

/**
 * Static pods: the kubelet runs what the manifests in a folder of its host say (`staticPodPath`), and starts each container
 * again by the pod's `restartPolicy`. Pods of an API server are kept there and not told here. A process belongs to the pod whose uid
 * its cgroup bears; /var/log/pods says which pod has which uid.
 */
export const kubelet: Supervisor = {
  id: "kubelet",
  present: (root) => [CONFIG, MANIFESTS].some((path) => attempt([], path, false, () => root.lstat(path) !== null)),
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const budget = newBudget();
    const folder = manifestFolder(root, reading.problems, budget);
    const logs = listConfig(root, LOGS, reading.problems);
    for (const name of listConfig(root, folder, reading.problems)) {
      yield;
      if (name.startsWith(".")) continue;
      readManifest(root, `${folder}/${name}`, logs, reading, budget);
    }
    return reading;
  },
};

function manifestFolder(root: Root, problems: Problem[], budget: Budget): Untrusted {
  if (attempt(problems, CONFIG, null, () => root.lstat(CONFIG)) === null) return MANIFESTS;
  const [config] = documentsOf(root, CONFIG, problems, budget)?.documents ?? [];
  const told = config === undefined ? null : textOf(config.get("staticPodPath"));
  return told?.startsWith("/") === true ? told.replace(/\/+$/, "") : MANIFESTS;
}

interface Parsed {
  documents: Document.Parsed[];
  lines: LineCounter;
}

function documentsOf(root: Root, file: Untrusted, problems: Problem[], budget: Budget): Parsed | null {
  const text = readConfig(root, file, problems, budget);
  if (text === null) return null;
  if (text.length > MOST_BYTES) {
    addProblem(problems, file, null, `larger than ${MOST_BYTES} bytes: not read`);
    return null;
  }
  const library = attempt(problems, file, null, yaml);
  if (library === null) return null;
  const { LineCounter: Counter, parseAllDocuments } = library;
  const lines = new Counter();
  const documents: Document.Parsed[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines, logLevel: "silent" })) {
    const [error] = document.errors;
    if (error === undefined) documents.push(document);
    else addProblem(problems, file, error.linePos?.[0].line ?? null, "no YAML");
  }
  return { documents, lines };
}

function readManifest(
  root: Root,
  file: Untrusted,
  logs: readonly Untrusted[],
  reading: JobReading,
  budget: Budget,
): void {
  const { jobs, problems } = reading;
  const isFile = attempt(problems, file, false, () => root.stat(file)?.isFile() === true);
  const parsed = isFile ? documentsOf(root, file, problems, budget) : null;
  if (parsed === null) return;
  const { isMap, isScalar, isSeq } = yaml();
  for (const document of parsed.documents) {
    if (!isMap(document.contents) || textOf(document.get("kind")) !== "Pod") {
      addProblem(problems, file, 1, "no pod");
      continue;
    }
    const policy = document.getIn(["spec", "restartPolicy"], true);
    const name = textOf(document.getIn(["metadata", "name"])) ?? "?";
    const namespace = textOf(document.getIn(["metadata", "namespace"])) ?? "default";
    const containers = document.getIn(["spec", "containers"], true);
    if (!isSeq(containers)) {
      addProblem(problems, file, 1, "a pod without containers");
      continue;
    }
    const lineAt = (node: unknown): number | null => {
      const range = (node as { range?: [number, number, number] | null } | null)?.range;
      return range === undefined || range === null ? null : parsed.lines.linePos(range[0]).line;
    };
    for (const node of containers.items) {
      const container = valueOf(node, document);
      const restartPolicy = isScalar(policy) ? (textOf(policy.value) ?? "?") : "Always";
      const job: Job = {
        ...jobOf(container, restartPolicy),
        unit: `${namespace}/${name}/${textOf(member(container, "name")) ?? "?"}`,
        file,
        line: (isScalar(policy) ? lineAt(policy) : lineAt(node)) ?? 1,
        pods: uidsOf(logs, namespace, name),
      };
      jobs.push(job);
      for (const probe of PROBES) {
        const words = textsOf(member(container, probe, "exec", "command"));
        if (words.length === 0) continue;
        const everySeconds = countOf(member(container, probe, "periodSeconds")) || PERIOD_SECONDS;
        const at = isMap(node) ? lineAt(node.get(probe, true)) : null;
        jobs.push(probeOf(job, { words, everySeconds, directive: probe, file, line: at ?? job.line }));
      }
    }
  }
}

/** A part of a manifest as plain values; nothing where its aliases would unfold to too much. */
function valueOf(node: unknown, document: Document.Parsed): unknown {
  try {
    return yaml().isMap(node) ? (node.toJS(document, { maxAliasCount: 50 }) as unknown) : null;
  } catch {
    // ReferenceError of the library: too many aliases.
    return null;
  }
}

function jobOf(container: unknown, policy: string): Omit<Job, "unit" | "file" | "line"> {
  const words = [...textsOf(member(container, "command")), ...textsOf(member(container, "args"))];
  const image = textOf(member(container, "image")) ?? "?";
  const isNamed = textsOf(member(container, "command")).length > 0;
  const restarts = policy === "Never" ? "never" : policy === "OnFailure" ? "on-failure" : "always";
  const probe = countOf(member(container, "livenessProbe", "periodSeconds"));
  return {
    supervisor: "kubelet",
    directive: `restartPolicy: ${policy}`,
    restarts,
    limit: null,
    atLimit: null,
    delaySeconds: restarts === "never" ? 0 : FIRST_WAIT,
    ...(restarts === "never" ? {} : { minimumLifeSeconds: LONG_RUN, backOff: BACK_OFF }),
    command: [...(isNamed ? [] : [image]), ...words].join(" "),
    program: isNamed ? (words[0] ?? null) : null,
    searchPath: null,
    expects: probe === null ? null : `livenessProbe every ${probe} s`,
    chroot: image,
  };
}

/** Uids of a static pod by the folders of its logs, `NAMESPACE_NAME-NODE_UID`: one for each version of its manifest. */
function uidsOf(logs: readonly Untrusted[], namespace: Untrusted, name: Untrusted): Untrusted[] {
  const start = `${namespace}_${name}-`;
  return logs.flatMap((folder) => {
    const [uid] = /[^_]+$/.exec(folder) ?? [];
    return folder.startsWith(start) &&
      uid !== undefined &&
      folder.indexOf("_", start.length) === folder.length - uid.length - 1
      ? [uid]
      : [];
  });
}
