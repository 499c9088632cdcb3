import type { Steps } from "../model/steps.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig, type Budget } from "./files/read-config.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";

const FILE = "/etc/xinetd.conf";
/** xinetd.conf(5): 50 connections a second, then the service is closed for 10 seconds. */
const CPS = { starts: 50, pause: 10 };
/** How many servers of a service run at once, and how many for one address (xinetd.conf(5)). */
const AT_ONCE = ["instances", "per_source"];
const MAX_FILES = 10_000;

interface Value {
  text: Untrusted;
  line: number;
}

interface Section {
  name: Untrusted;
  file: Untrusted;
  line: number;
  values: Map<string, Value>;
}

/** xinetd: services of /etc/xinetd.conf and of the folders that it includes, each started for a connection. */
export const xinetd: Supervisor = {
  id: "xinetd",
  present(root) {
    return attempt([], FILE, true, () => root.lstat(FILE) !== null);
  },
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    const sections: Section[] = [];
    yield* readFile(root, FILE, sections, reading, newBudget(), new Set());
    const defaults = sections.find(({ name }) => name === "")?.values ?? new Map<string, Value>();
    const disabled = new Set((defaults.get("disabled")?.text ?? "").split(/\s+/));
    for (const section of sections) {
      yield;
      const job = section.name === "" ? null : jobOf(section, defaults, reading.problems);
      if (job !== null) reading.jobs.push(disabled.has(section.name) ? { ...job, inactive: "off" } : job);
    }
    return reading;
  },
  atWork: { programs: ["xinetd"] },
};

function* readFile(
  root: Root,
  file: Untrusted,
  sections: Section[],
  { problems }: JobReading,
  budget: Budget,
  seen: Set<Untrusted>,
): Steps<void> {
  yield;
  if (seen.has(file) || seen.size > MAX_FILES) return;
  seen.add(file);
  const text = readConfig(root, file, problems, budget);
  let open: Section | null = null;
  for (const [i, whole] of (text ?? "").split("\n").entries()) {
    const said = whole.trim();
    const line = i + 1;
    if (said === "" || said.startsWith("#") || said === "{") continue;
    const include: RegExpExecArray | null = open === null ? /^include(dir)?\s+(\/\S*)$/.exec(said) : null;
    const header: RegExpExecArray | null = open === null ? /^(?:service\s+(\S+)|defaults)\s*\{?$/.exec(said) : null;
    const value: RegExpExecArray | null = open === null ? null : /^(\w+)\s*(?:[+-]?=)\s*(.*)$/.exec(said);
    if (said === "}") open = null;
    else if (header !== null) {
      open = { name: header[1] ?? "", file, line, values: new Map() };
      sections.push(open);
    } else if (include !== null && include[1] === undefined)
      yield* readFile(root, include[2] as string, sections, { jobs: [], problems }, budget, seen);
    else if (include !== null) {
      // Names with a dot, or with a tilde at the end, are passed over.
      for (const name of listConfig(root, include[2] as string, problems))
        if (!name.includes(".") && !name.endsWith("~"))
          yield* readFile(root, `${include[2]}/${name}`, sections, { jobs: [], problems }, budget, seen);
    } else if (open !== null && value !== null) open.values.set(value[1] as string, { text: value[2] as string, line });
    else addProblem(problems, file, line, "neither a service nor an attribute: xinetd skips it");
  }
}

function jobOf({ name, file, values }: Section, defaults: ReadonlyMap<string, Value>, problems: Problem[]): Job | null {
  const server = values.get("server");
  if (server === undefined) return null;
  const program = server.text.split(/\s+/)[0] as string;
  if (program === "") {
    addProblem(problems, file, server.line, "a server without a name: xinetd does not start the service");
    return null;
  }
  const text = (attribute: string): Untrusted | undefined => (values.get(attribute) ?? defaults.get(attribute))?.text;
  const cps = /^(\d{1,9})(?:\s+(\d{1,9}))?/.exec(text("cps") ?? "");
  // `cps = 0` switches the limit off (xinetd/service.c, svc_handler); instances and per_source bound how many run at once.
  const most = cps === null ? CPS.starts : Number(cps[1]);
  const args = values.get("server_args")?.text;
  const bounds = AT_ONCE.flatMap((attribute) => {
    const bound = text(attribute);
    return bound === undefined || /^unlimited$/i.test(bound) ? [] : [`${attribute} = ${bound}`];
  });
  if (text("wait")?.toLowerCase() === "yes") bounds.unshift("wait = yes");
  const user = text("user");
  return {
    supervisor: "xinetd",
    unit: values.get("id")?.text ?? name,
    file,
    line: server.line,
    directive: "server",
    restarts: "on-demand",
    limit: most === 0 ? null : { starts: most, seconds: 1 },
    atLimit: most === 0 ? null : { action: "pause", seconds: cps?.[2] === undefined ? CPS.pause : Number(cps[2]) },
    delaySeconds: 0,
    command: args === undefined ? server.text : `${server.text} ${args}`,
    program,
    searchPath: null,
    expects: null,
    ...(bounds.length === 0 ? {} : { atOnce: bounds.join(", ") }),
    ...(text("disable")?.toLowerCase() === "yes" ? { inactive: "off" as const } : {}),
    ...(user === undefined ? {} : { settings: { User: user } }),
  };
}
