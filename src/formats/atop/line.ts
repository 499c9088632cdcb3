/** A line about a process of `atop -P PRG` or `-P PRC`. Text is Latin-1: a character a byte. */
export interface ProcessLine {
  label: "PRG" | "PRC";
  pid: number;
  name: string;
  /** `E`: it has ended within the interval. */
  state: string;
  isProcess: boolean;
  /** PRG: `exit status`, or 256 + signal. */
  exitCode: number;
  ppid: number;
  /** PRG: when it began, s since 1970, and, of one that has ended, how long it lived, hundredths of a second (the clock's ticks). */
  begun: number;
  lived: number;
  /** PRC: CPU time within the interval, and ticks a second. */
  ticks: number;
  hertz: number;
}

/** The six fields that every line begins with. */
export interface Head {
  label: string;
  host: string;
  /** End of the interval, s since 1970, and its length, s. */
  epoch: number;
  interval: number;
  /** Where the fields of the label begin. */
  to: number;
}

const HEAD = /^([A-Za-z]{3}) (\S{1,256}) (\d{1,11}) \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (\d{1,10})(?: |$)/;
/**
 * A name has at most 15 bytes and may hold parentheses, so the last that fits is its end; with -Z there are no parentheses and no
 * blanks. Then the state, and numbers.
 */
const NAME = /^(\d{1,10}) (?:\((.{0,15})\)|(\S{1,15})) ([A-Z]) (?=-?\d)/s;
/** Real uid and gid, TGID, threads, exit code, begin; the command line; the parent. Versions differ in how many numbers come next. */
const PRG =
  /^-?\d+ -?\d+ \d+ \d+ (\d{1,3}) (\d{1,12}) (?:\(.*\)|\S+) (\d{1,10}) (?:-?\d+ ){8,12}(\d{1,15}) ([yn])(?: |$)/s;
/** Ticks a second, user and system time; nice, priorities, policy, CPU, sleep average, TGID. */
const PRC = /^(\d{1,6}) (\d{1,15}) (\d{1,15}) (?:-?\d+ ){7}([yn])(?: |$)/;

/** The beginning of a line with a label, or null. */
export function readHead(text: string): Head | null {
  const found = HEAD.exec(text);
  if (found === null) return null;
  const [all, label, host, epoch, interval] = found as unknown as [string, string, string, string, string];
  return { label, host, epoch: Number(epoch), interval: Number(interval), to: all.length };
}

/** What stands behind the head of a PRG or PRC line (atop(1), PARSEABLE OUTPUT), or null where the fields are not there. */
export function readProcess(label: "PRG" | "PRC", text: string): ProcessLine | null {
  const found = NAME.exec(text);
  if (found === null) return null;
  const [all, pid, inParentheses, bare, state] = found as unknown as [string, string, string?, string?, string?];
  const rest = text.slice(all.length);
  const line: ProcessLine = {
    label,
    pid: Number(pid),
    name: inParentheses ?? bare ?? "",
    state: state ?? "",
    isProcess: true,
    exitCode: 0,
    ppid: 0,
    begun: 0,
    lived: 0,
    ticks: 0,
    hertz: 100,
  };
  const fields = (label === "PRG" ? PRG : PRC).exec(rest);
  if (fields === null) return null;
  if (label === "PRG") {
    const [, code, begun, ppid, lived, isProcess] = fields;
    return {
      ...line,
      exitCode: Number(code),
      begun: Number(begun),
      ppid: Number(ppid),
      lived: Number(lived),
      isProcess: isProcess === "y",
    };
  }
  const [, hertz, user, system, isProcess] = fields;
  return { ...line, hertz: Number(hertz), ticks: Number(user) + Number(system), isProcess: isProcess === "y" };
}
