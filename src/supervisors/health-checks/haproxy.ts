import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { attempt, newBudget, readConfig } from "../files/read-config.ts";
import type { Job, JobReading, Supervisor } from "../types.ts";

const FILES = ["/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg"];
/** `inter` where nothing says it (haproxy's configuration.txt, "Server and default-server options"). */
const INTERVAL_MS = 2_000;
const PACES = ["inter", "fastinter", "downinter"] as const;
const SECTION = /^(?:global|defaults|frontend|backend|listen|peers|resolvers|userlist|mailers|cache|program|ring|http-errors|fcgi-app|log-forward)$/; // prettier-ignore
const MAX_SERVERS = 100_000;

interface Said {
  text: Untrusted;
  line: number;
}

/** What a section says of checks, its defaults included. */
interface Section {
  name: Untrusted;
  isOn: Said | null;
  command: Said | null;
  /** Each pace in ms, where it is said. */
  paces: Partial<Record<(typeof PACES)[number], { ms: number; said: Said }>>;
  isChecked: boolean;
}

const NOTHING: Section = { name: "", isOn: null, command: null, paces: {}, isChecked: false };

/**
 * haproxy's external checks: with `option external-check` it runs a program for every server of a backend, each at the pace of
 * `inter` (`fastinter` and `downinter` while a server goes up or down), from the end of one to the next.
 */
export const haproxy: Supervisor = {
  id: "haproxy",
  present: (root) => FILES.some((file) => attempt([], file, true, () => root.lstat(file) !== null)),
  *jobs(root) {
    const reading: JobReading = { jobs: [], problems: [] };
    for (const file of FILES) {
      yield;
      const isThere = attempt(reading.problems, file, false, () => root.lstat(file) !== null);
      if (isThere) readFile(root, file, reading);
    }
    return reading;
  },
  atWork: { programs: ["haproxy"] },
};

function readFile(root: Root, file: Untrusted, { jobs, problems }: JobReading): void {
  const text = readConfig(root, file, problems, newBudget()) ?? "";
  const named = new Map<Untrusted, Section>();
  let defaults = NOTHING;
  let open: Section | null = null;
  let user: Untrusted | undefined;
  /** Servers that are checked at one pace: their job, and how many there are. */
  let checked = new Map<string, Job>();
  let servers = 0;
  for (const [i, whole] of text.split("\n").entries()) {
    const line = i + 1;
    const words = wordsOf(whole);
    const [first = "", second = "", third = ""] = words;
    if (SECTION.test(first)) {
      const from = words.indexOf("from");
      const base = from > 0 ? (named.get(words[from + 1] ?? "") ?? NOTHING) : defaults;
      checked = new Map();
      open = first === "backend" || first === "listen" ? { ...base, name: `${first} ${second}` } : null;
      if (first === "defaults") {
        open = { ...(from > 0 ? base : NOTHING) };
        defaults = open;
        if (second !== "" && second !== "from") named.set(second, open);
      }
      continue;
    }
    if (open === null) {
      if (first === "user") user = second;
      continue;
    }
    const said = { text: words.join(" "), line };
    if (first === "option" && second === "external-check") open.isOn = said;
    else if (first === "no" && second === "option" && third === "external-check") open.isOn = null;
    else if (first === "external-check" && second === "command") open.command = { text: third, line };
    else if (first === "default-server") Object.assign(open, withWords(open, words.slice(1), line));
    else if ((first === "server" || first === "server-template") && ++servers <= MAX_SERVERS) {
      const isTemplate = first === "server-template";
      const own = withWords(open, words.slice(isTemplate ? 4 : 3), line);
      const { isOn, command } = own;
      if (isOn === null || command === null || !own.isChecked || words.includes("disabled")) continue;
      const job = jobOf(own, isOn, command, file, user);
      const key = `${job.everySeconds} ${job.line}`;
      const known = checked.get(key);
      const count = isTemplate ? countIn(third) : 1;
      if (known !== undefined) known.copies = (known.copies ?? 1) + count;
      else {
        job.copies = count;
        checked.set(key, job);
        jobs.push(job);
      }
    }
  }
}

function jobOf(section: Section, isOn: Said, command: Said, file: Untrusted, user: Untrusted | undefined): Job {
  const said = Object.values(section.paces).sort((a, b) => a.ms - b.ms);
  // A server that is up is asked every `inter`, and that is 2 s unless it is said.
  const plain = section.paces.inter === undefined ? INTERVAL_MS : Infinity;
  const [shortest] = said;
  const at = shortest !== undefined && shortest.ms < plain ? shortest : { ms: INTERVAL_MS, said: isOn };
  return {
    supervisor: "haproxy",
    unit: section.name,
    file,
    line: at.said.line,
    directive: at.said.text,
    restarts: "on-schedule",
    everySeconds: at.ms / 1000,
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: command.text,
    program: command.text.includes("$") ? null : command.text,
    searchPath: null,
    expects: null,
    isCheck: true,
    ...(user === undefined ? {} : { settings: { User: user } }),
  };
}

/** A section with what stands on a `server` or `default-server` line. */
function withWords(section: Section, words: readonly Untrusted[], line: number): Section {
  const paces = { ...section.paces };
  let { isChecked } = section;
  for (const [i, word] of words.entries()) {
    if (word === "check") isChecked = true;
    if (word === "no-check") isChecked = false;
    const pace = PACES.find((one) => one === word);
    const ms = pace === undefined ? null : milliseconds(words[i + 1] ?? "");
    if (pace !== undefined && ms !== null) paces[pace] = { ms, said: { text: `${pace} ${words[i + 1]}`, line } };
  }
  return { ...section, paces, isChecked };
}

/** A time of haproxy: milliseconds unless a unit says otherwise. */
function milliseconds(text: Untrusted): number | null {
  const [, digits, unit = "ms"] = /^(\d{1,9})(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  const factor = { us: 0.001, ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }[unit];
  return digits === undefined || factor === undefined || Number(digits) === 0 ? null : Number(digits) * factor;
}

/** `5` or `1-5` of server-template. */
function countIn(text: Untrusted): number {
  const [, from = "1", to] = /^(?:(\d{1,5})-)?(\d{1,5})$/.exec(text) ?? [];
  return to === undefined ? 1 : Math.max(1, Number(to) - Number(from) + 1);
}

/** Words of a line: quotes and backslashes keep blanks together, `#` begins a comment. */
function wordsOf(line: Untrusted): Untrusted[] {
  const found: Untrusted[] = [];
  for (const [, double, single, plain = ""] of line.matchAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'#\\]|\\.)+)|#.*/g,
  )) {
    const word = double ?? single ?? plain;
    if (double === undefined && single === undefined && plain === "") break;
    found.push(word.replace(/\\(.)/g, "$1"));
  }
  return found;
}
