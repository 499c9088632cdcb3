import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { namesLike } from "../files/glob.ts";
import { addProblem, attempt, newBudget, readConfig, type Budget } from "../files/read-config.ts";
import { readCommandLine } from "../commands/shell-line.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";

const FILE = "/etc/keepalived/keepalived.conf";
/** Seconds between two runs of a vrrp_script, and between two checks of a real server (keepalived.conf(5)). */
const SCRIPT_INTERVAL = 1;
const DELAY_LOOP = 60;
const MAX_FILES = 1_000;
const DEEPEST = 16;

/** A block `name argument… { … }` that is open, with what it says so far. */
interface Block {
  name: Untrusted;
  words: Untrusted[];
  file: Untrusted;
  line: number;
  values: Map<Untrusted, { text: Untrusted; file: Untrusted; line: number }>;
}

/** keepalived: scripts of `vrrp_script`, run again every `interval`, and MISC_CHECK of real servers, every `delay_loop`. */
export const keepalived: Supervisor = {
  id: "keepalived",
  present: (root) => attempt([], FILE, true, () => root.lstat(FILE) !== null),
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    yield* readFile(root, FILE, reading, [], { budget: newBudget(), seen: new Set() });
    return reading;
  },
  atWork: { programs: ["keepalived"] },
};

function* readFile(
  root: Root,
  file: Untrusted,
  reading: JobReading,
  open: Block[],
  files: { budget: Budget; seen: Set<Untrusted> },
): Steps<void> {
  yield;
  if (files.seen.has(file) || files.seen.size >= MAX_FILES) return;
  files.seen.add(file);
  const text = readConfig(root, file, reading.problems, files.budget) ?? "";
  for (const [i, whole] of text.split("\n").entries()) {
    const line = i + 1;
    const words = wordsOf(whole);
    const [first = "", second = ""] = words;
    if (first === "") continue;
    if (first === "include" || first === "includer" || first === "includem") {
      const pattern = second.startsWith("/") ? second : `${file.slice(0, file.lastIndexOf("/"))}/${second}`;
      for (const name of namesLike(root, pattern, reading.problems)) yield* readFile(root, name, reading, open, files);
      continue;
    }
    let said: Untrusted[] = [];
    const finish = (): void => {
      if (said.length > 0) open.at(-1)?.values.set(said[0] as Untrusted, { text: said.slice(1).join(" "), file, line });
      said = [];
    };
    for (const word of words) {
      if (word === "{") {
        if (open.length >= DEEPEST)
          return addProblem(reading.problems, file, line, "blocks within blocks: not read further");
        open.push({ name: said[0] ?? "", words: said, file, line, values: new Map() });
        said = [];
      } else if (word === "}") {
        finish();
        const ended = open.pop();
        const job = ended === undefined ? null : jobOf(ended, open);
        if (job !== null) reading.jobs.push(job);
      } else said.push(word);
    }
    finish();
  }
}

function jobOf({ name, words, file, line, values }: Block, around: readonly Block[]): Job | null {
  const isScript = name === "vrrp_script";
  const command = values.get(isScript ? "script" : name === "MISC_CHECK" ? "misc_path" : "");
  if (command === undefined) return null;
  const server = around.findLast((block) => block.name === "real_server");
  const above = around.findLast((block) => block.values.has("delay_loop"));
  const said = isScript ? values.get("interval") : (values.get("delay_loop") ?? above?.values.get("delay_loop"));
  const seconds = /^\d{1,9}(?:\.\d{1,6})?/.exec(said?.text ?? "")?.[0];
  const everySeconds = seconds === undefined || Number(seconds) === 0 ? null : Number(seconds);
  const key = isScript ? "interval" : "delay_loop";
  const started = readCommandLine(command.text.split(/\s+/).filter((word) => word !== ""));
  const [program = null] = command.text.split(/\s+/);
  const user = values.get("user")?.text;
  return {
    supervisor: "keepalived",
    unit: isScript ? words.join(" ") : `MISC_CHECK of ${server?.words.join(" ") ?? "?"}`,
    file: everySeconds === null || said === undefined ? file : said.file,
    line: everySeconds === null || said === undefined ? line : said.line,
    directive: everySeconds === null ? `${key} (not set)` : `${key} ${everySeconds}`,
    restarts: "on-schedule",
    everySeconds: everySeconds ?? (isScript ? SCRIPT_INTERVAL : DELAY_LOOP),
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: command.text,
    program: started.becomes ?? program,
    searchPath: null,
    expects: null,
    isCheck: true,
    ...(user === undefined ? {} : { settings: { User: user } }),
  };
}

/** Words of a line: quotes keep blanks together, braces are words, `!` and `#` begin a comment. */
function wordsOf(line: Untrusted): Untrusted[] {
  const found: Untrusted[] = [];
  for (const [, double, single, brace, plain] of line.matchAll(
    /"([^"]*)"|'([^']*)'|([{}])|([^\s"'{}#!][^\s"'{}]*)|[#!].*/g,
  )) {
    const word = double ?? single ?? brace ?? plain;
    if (word === undefined) break;
    found.push(word);
  }
  return found;
}
