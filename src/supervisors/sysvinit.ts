import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { initKind } from "./init-kind.ts";
import { addProblem, attempt, listConfig, newBudget, readConfig } from "./files/read-config.ts";
import { needsShell, shellProgram } from "./commands/shell-words.ts";
import type { Job, JobReading, Problem, Supervisor } from "./types.ts";

const INITTAB = "/etc/inittab";
const INITTAB_D = "/etc/inittab.d";
const INITSCRIPT = "/etc/initscript";

/** `PATH_DEFAULT` of sysvinit's src/init.h: sbin before bin, so a bare name finds the daemon, not a file of the same name in /usr/bin. */
export const SYSVINIT_PATH: readonly Untrusted[] = ["/sbin", "/usr/sbin", "/bin", "/usr/bin"];
/** MAXSPAWN and TESTTIME of src/init.h: the eleventh start within 120 s is refused. */
const LIMIT = { starts: 10, seconds: 120 };
/** SLEEPTIME of src/init.h. */
const PAUSE_SECONDS = 300;

/** Action words of src/init.c, compared without regard to case. `respawn` and `ondemand` start again what ends. */
const ACTIONS = new Set(
  "respawn wait once boot bootwait powerfail powerfailnow powerwait powerokwait ctrlaltdel off ondemand initdefault sysinit kbrequest".split(
    " ",
  ),
);

/** sysvinit: /etc/inittab and, since 3.0, /etc/inittab.d/*.tab. */
export const sysvinit: Supervisor = {
  id: "sysvinit",
  present(root) {
    return attempt([], INITTAB, true, () => root.stat(INITTAB) !== null || root.stat(INITTAB_D) !== null);
  },
  // A few lines.
  *jobs(root) {
    yield;
    return readInittabs(root);
  },
};

function readInittabs(root: Root): JobReading {
  const reading: JobReading = { jobs: [], problems: [] };
  if (initKind(root, "/sbin/init") === "busybox") {
    addProblem(reading.problems, INITTAB, null, "belongs to the init of BusyBox, whose table is another one: not read");
    return reading;
  }
  const tabs = listConfig(root, INITTAB_D, reading.problems).filter(
    (name) => name.endsWith(".tab") && !name.startsWith("."),
  );
  const through = attempt(reading.problems, INITSCRIPT, null, () => root.stat(INITSCRIPT)) !== null;
  const ids = new Set<Untrusted>();
  const budget = newBudget();
  for (const file of [INITTAB, ...tabs.map((name) => `${INITTAB_D}/${name}`)]) {
    const text = readConfig(root, file, reading.problems, budget);
    if (text === null) continue;
    for (const entry of entriesOf(text, file, reading.problems)) {
      // `~~` is the single-user shell, the one id that may repeat.
      if (ids.has(entry.id) && entry.id !== "~~") {
        addProblem(reading.problems, file, entry.line, `duplicate id "${entry.id}": init ignores this line`);
        continue;
      }
      ids.add(entry.id);
      if (entry.action !== "initdefault") reading.jobs.push(jobOf(entry, file, through));
    }
  }
  return reading;
}

interface Entry {
  id: Untrusted;
  action: string;
  process: Untrusted;
  line: number;
}

/**
 * Entries of one table as `read_inittab` of src/init.c sees them. It reads with a buffer of 256 bytes, so what stands
 * after byte 255 of a long line (a comment too) is a line of its own: a way to hide an entry.
 */
function* entriesOf(text: Untrusted, file: Untrusted, problems: Problem[]): Generator<Entry> {
  let line = 0;
  for (const whole of text.split("\n")) {
    line++;
    const pieces = fgetsPieces(whole);
    if (pieces.length > 1)
      addProblem(problems, file, line, "longer than 255 bytes: init reads the rest as a line of its own");
    for (const piece of pieces) {
      const entry = parseEntry(piece, file, line, problems);
      if (entry !== null) yield entry;
    }
  }
}

const FGETS_BYTES = 255;

/** Cuts a line (without its newline) at every 255th byte. Characters beyond ASCII are rare, so cuts fall between characters. */
function fgetsPieces(line: Untrusted): Untrusted[] {
  if (line.length <= FGETS_BYTES / 4) return [line];
  const pieces: Untrusted[] = [];
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < line.length; i++) {
    const size = unitBytes(line.charCodeAt(i));
    if (bytes + size > FGETS_BYTES) {
      pieces.push(line.slice(start, i));
      start = i;
      bytes = 0;
    }
    bytes += size;
  }
  pieces.push(line.slice(start));
  return pieces;
}

/** Bytes that one UTF-16 unit of text from `fromBytes` stands for; each half of a surrogate pair counts two. */
function unitBytes(unit: number): number {
  if (unit < 0x80 || (unit >= 0xdc80 && unit <= 0xdcff)) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
}

function byteLength(text: Untrusted): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += unitBytes(text.charCodeAt(i));
  return bytes;
}

function parseEntry(piece: Untrusted, file: Untrusted, line: number, problems: Problem[]): Entry | null {
  // C strings end at NUL.
  const nul = piece.indexOf("\0");
  const text = nul < 0 ? piece : piece.slice(0, nul);
  if (nul >= 0) addProblem(problems, file, line, "NUL byte: init ignores the rest of the line");
  const start = text.search(/[^ \t]/);
  if (start < 0 || text[start] === "#") return null;
  const fields = text.slice(start).split(":");
  const [id = "", runlevels, action] = fields;
  const process = fields.length > 3 ? fields.slice(3).join(":") : undefined;
  const wrong = whyIgnored(id, runlevels, action, process);
  if (wrong !== null || action === undefined || process === undefined) {
    addProblem(problems, file, line, `${wrong}: init ignores this line`);
    return null;
  }
  if (process.endsWith("\r"))
    addProblem(problems, file, line, "carriage return at the end becomes part of the command");
  return { id, action: action.toLowerCase(), process, line };
}

/** The field checks of `read_inittab`, or null when the line is an entry. */
function whyIgnored(id: Untrusted, runlevels?: Untrusted, action?: Untrusted, process?: Untrusted): string | null {
  if (id === "") return "missing id field";
  if (runlevels === undefined) return "missing runlevel field";
  if (action === undefined || action === "") return "missing action field";
  if (process === undefined) return "missing process field";
  if (byteLength(id) > 4) return "id field longer than 4 bytes";
  if (byteLength(runlevels) > 11) return "runlevel field longer than 11 bytes";
  if (byteLength(process) > 127) return "process field longer than 127 bytes";
  return ACTIONS.has(action.toLowerCase()) ? null : "unknown action field";
}

function jobOf(entry: Entry, file: Untrusted, through: boolean): Job {
  const again = entry.action === "respawn" || entry.action === "ondemand";
  // `+`: no utmp record. `@`: never through a shell (3.x, inittab(5)).
  const command = entry.process.replace(/^\+?@?/, "");
  const shell = !/^\+?@/.test(entry.process) && needsShell(command);
  // Words end at blanks and at `#` only, so a carriage return stays part of the name.
  const program = shell ? shellProgram(`exec ${command}`) : (/[^ \t#]+/.exec(command)?.[0] ?? null);
  return {
    supervisor: "sysvinit",
    unit: entry.id,
    file,
    line: entry.line,
    directive: entry.action,
    restarts: again ? "always" : "never",
    limit: again ? { ...LIMIT } : null,
    atLimit: again ? { action: "pause", seconds: PAUSE_SECONDS } : null,
    delaySeconds: 0,
    command: entry.process,
    program,
    searchPath: [...SYSVINIT_PATH],
    expects: null,
    ...(shell ? { shell: true as const } : {}),
    ...(entry.action === "off" ? { inactive: "off" as const } : {}),
    ...(through ? { through: INITSCRIPT } : {}),
  };
}
