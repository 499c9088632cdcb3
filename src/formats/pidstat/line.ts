/** Columns of a table of pidstat, by its header line. */
export interface Columns {
  /** Words that the time takes: `16:34:17`, `04:34:17 PM`, `1795970072`. */
  timeWords: number;
  names: readonly string[];
}

/** A line about a task. Text is Latin-1: a character a byte. */
export interface TaskLine {
  /** ns since midnight, or since 1970; null: a line of averages. */
  time: number | null;
  isOfDay: boolean;
  pid: number;
  /** Task name, or with -l the command line. */
  command: string;
  /** Percent of one CPU, where the table has it. */
  cpu: number | null;
}

/** `Linux 6.1.0 (host) 	11/29/26 	_x86_64_	(2 CPU)`, as all programs of sysstat begin (print_gal_header). */
const BANNER = /^Linux \S+ \((.*)\) *\t\S+ *\t_\S+_ *\t\(\d+ CPU\)\s*$/;
const CLOCK = /^(\d\d):(\d\d):(\d\d)$/;
const HALF = /^[AP]M$/i;
const HOURS = 3600e9;

export function hostOf(text: string): string | null {
  return BANNER.exec(text)?.[1] ?? null;
}

/** The columns that a header line names, or null: `16:34:16  UID  PID  %usr … Command`, with -h `# Time  UID  PID …`. */
export function columnsOf(text: string): Columns | null {
  if (!text.trimEnd().endsWith("Command")) return null;
  const words = text.trim().split(/\s+/);
  const first = words.findIndex((word) => word === "UID" || word === "USER");
  if (first < 1 || first > 2) return null;
  const names = words.slice(first);
  if (!names.includes("PID") && !(names.includes("TGID") && names.includes("TID"))) return null;
  // With -h the header says "# Time" whatever the clock; the rows tell.
  return { timeWords: words[0] === "#" ? 0 : first, names };
}

/** A row, or null where it has not these columns. Threads (-t) have "-" for their process: `pid` is 0 then. */
export function readTask(text: string, { timeWords, names }: Columns): TaskLine | null {
  const words = text.trim().split(/\s+/, timeWords + names.length + 2);
  const isAverage = words[0] === "Average:";
  const taken = isAverage ? 1 : HALF.test(words[1] ?? "") ? 2 : 1;
  const time = isAverage ? null : timeOf(words[0] ?? "", taken === 2 ? (words[1] ?? "") : "");
  if (!isAverage && time === null) return null;
  const values = words.slice(taken, taken + names.length - 1);
  const at = names.indexOf("PID") === -1 ? names.indexOf("TGID") : names.indexOf("PID");
  const pid = values[at] ?? "";
  if (values.length < names.length - 1 || !/^(?:\d{1,10}|-)$/.test(pid)) return null;
  if (!values.every((value, i) => i === 0 || /^(?:-|-?\d[\d.,]*|[A-Z]+)$/.test(value))) return null;
  const command = rest(text, taken + names.length - 1);
  if (command === "") return null;
  const cpu = names.indexOf("%CPU");
  return {
    time: time?.ns ?? null,
    isOfDay: time?.isOfDay ?? false,
    pid: pid === "-" ? 0 : Number(pid),
    command,
    cpu: cpu === -1 ? null : Number((values[cpu] ?? "").replace(",", ".")) || 0,
  };
}

function timeOf(word: string, half: string): { ns: number; isOfDay: boolean } | null {
  const clock = CLOCK.exec(word);
  if (clock !== null) {
    const [hours, minutes, seconds] = clock.slice(1).map(Number) as [number, number, number];
    if (hours > 23 || minutes > 59 || seconds > 60) return null;
    const hour = half === "" ? hours : (hours % 12) + (half.toUpperCase() === "PM" ? 12 : 0);
    return { ns: hour * HOURS + (minutes * 60 + seconds) * 1e9, isOfDay: true };
  }
  return /^\d{9,11}$/.test(word) && half === "" ? { ns: Number(word) * 1e9, isOfDay: false } : null;
}

/** What stands behind so many words. */
function rest(text: string, words: number): string {
  let at = text.length - text.trimStart().length;
  for (let word = 0; word < words; word++) {
    while (at < text.length && text[at] !== " ") at++;
    while (at < text.length && text[at] === " ") at++;
  }
  return text.slice(at).trimEnd();
}
