/** What a line of forkstat(8) tells. Text is Latin-1: a character a byte. */
export interface ForkstatLine {
  /** Seconds of the day; null: `--:--:--`. */
  second: number | null;
  event: string;
  pid: number;
  /** `parent`, `child`, `thread`, or the wait status of an exit; "" for events without. */
  info: string;
  /** Command line (arguments parted by blanks, argument 0 first), task name, or `<unknown>`. */
  process: string;
}

/** `03:10:01 exit  26394`; then, with -x, user, effective user and terminal; with -g an arrow. */
const HEAD = "^(\\d\\d:\\d\\d:\\d\\d|--:--:--) +(EVENTS) +(\\d+) ";
const EXTRA = "(?: *\\S+ +\\S+ +\\S+ )?";
const ARROW = "(?:[\\x80-\\xff]+)?";
const TOLD = " *(?:unknown|[\\d.]+[smhdwy]?)?";
const line = (events: string, rest: string): RegExp =>
  new RegExp(`${HEAD.replace("EVENTS", events)}${EXTRA} *${ARROW}${rest}`, "s");
/** `fork  26391 parent          timeout 20`: the duration's column is empty, or tells how long the process has lived. */
const FORK = line("fork|clone", ` *(parent|child|thread)${TOLD} +(.*)$`);
/** `exit  26394      0   0.015s ./chain 5`: the wait status, and the time since its fork, if that was seen. */
const EXIT = line("exit", " *(\\d+) +(?:unknown|[\\d.]+[smhdwy]?) (.*)$");
/** The column of information is empty, and so is that of durations: 15 blanks at least. */
const EXEC = line("exec", "( {14,})(.*)$");
const OTHER = line("core|comm|ptrce|uid|gid|sid", "( *)(.*)$");
const LOST = /^(?:\d\d:\d\d:\d\d|--:--:--) recv ----- nobufs/;

/** Reads one line; null when it is none of forkstat's, "lost" when the kernel told forkstat that it lost events. */
export function readLine(text: string): ForkstatLine | "lost" | null {
  if (LOST.test(text)) return "lost";
  const found = FORK.exec(text) ?? EXIT.exec(text) ?? EXEC.exec(text) ?? OTHER.exec(text);
  if (found === null) return null;
  const [, time, event, pid, info, process] = found as unknown as [string, string, string, string, string, string];
  const [hours, minutes, seconds] = time.split(":").map(Number) as [number, number, number];
  const second = Number.isNaN(hours) ? null : hours * 3600 + minutes * 60 + seconds;
  return { second, event, pid: Number(pid), info: info.trim(), process: process.trimEnd() };
}

/** Header lines, the table of `-S`, its rule and its rows. */
const TABLE = /^(?:Time +Event |Fork +Exec +Exit |Total |Event +|-+$|\s*(?:\d+ +){9}\d+ ?)/;

export function isTable(text: string): boolean {
  return TABLE.test(text.trimStart());
}
