import type { Untrusted } from "../../model/text.ts";

/** A command without the programs that only prepare for it. */
export interface Unwrapped {
  /** The command that is left; empty when a wrapper was given none, or when a shell decides. */
  words: Untrusted[];
  /** Text that a wrapper hands to a shell (`su -c TEXT`), else null. */
  shellText: Untrusted | null;
  /** Wrappers taken off, outermost first, as they are named here. */
  through: string[];
  /** A root that a wrapper changes to (`chpst -/ DIR`, `chroot DIR`). */
  chroot: Untrusted | null;
}

/** How a wrapper's words are read: getopt(3) with these options, then so many words of its own, then the command. */
interface Wrapper {
  /** Letters of options that take a value. */
  valued?: string;
  /** Long options that take their value as the next word. */
  long?: readonly string[];
  /** Words of its own between options and command. */
  own?: number;
  /** Assignments may stand before the command. */
  assignments?: true;
  /** `-5` is an option by itself (nice). */
  numeric?: true;
  /** The option whose value is text for a shell. */
  shell?: string;
  /** The option, or the own word "own", that names a new root. */
  chroot?: string;
}

/**
 * By the manual pages of runit, daemontools, s6, util-linux, coreutils, moreutils and Debian's own. All of them run the
 * rest of their command line in their own place.
 */
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  chpst: { valued: "uUbe/nlLmdofcrtC", chroot: "/" },
  setuidgid: { own: 1 },
  envuidgid: { own: 1 },
  envdir: { own: 1 },
  softlimit: { valued: "acdflmoprst" },
  setlock: { own: 1 },
  pgrphack: {},
  fghack: {},
  "s6-setuidgid": { own: 1 },
  "s6-envuidgid": { own: 1 },
  "s6-applyuidgid": { valued: "ugG" },
  "s6-envdir": { valued: "cl", own: 1 },
  "s6-softlimit": { valued: "acdflmoprst" },
  "s6-setlock": { valued: "td", own: 1 },
  "s6-notifyoncheck": { valued: "3sTtwnc" },
  nice: { valued: "n", long: ["adjustment"], numeric: true },
  ionice: { valued: "cn", long: ["class", "classdata"] },
  chrt: { valued: "TPD", own: 1 },
  taskset: { own: 1 },
  prlimit: {},
  env: { valued: "uC", long: ["unset", "chdir"], assignments: true },
  nohup: {},
  chronic: {},
  stdbuf: { valued: "ioe", long: ["input", "output", "error"] },
  timeout: { valued: "ks", long: ["kill-after", "signal"], own: 1 },
  flock: { valued: "Ewc", long: ["timeout", "wait", "conflict-exit-code", "command"], own: 1, shell: "c" },
  setsid: {},
  exec: { valued: "a" },
  command: {},
  time: { valued: "fo" },
  chroot: { long: ["userspec", "groups"], own: 1, chroot: "own" },
  sudo: { valued: "CDghpRrTtUu", long: ["user", "group", "chdir"], assignments: true },
  setpriv: { long: ["reuid", "regid", "groups", "inh-caps", "bounding-set"] },
  tini: { valued: "peg" },
  "dumb-init": { valued: "r" },
};

/** Longest chain of wrappers that is followed. */
const MAX_WRAPPERS = 16;

/**
 * Takes wrappers off a command: `chpst -u www nice -n 5 /usr/bin/d -f` is `/usr/bin/d -f`. Knows each wrapper's own
 * options and which of them take a value; a wrapper that is not known stays, and is the program then.
 */
export function unwrap(command: readonly Untrusted[]): Unwrapped {
  const result: Unwrapped = { words: [...command], shellText: null, through: [], chroot: null };
  for (let round = 0; round < MAX_WRAPPERS; round++) {
    const [first] = result.words;
    if (first === undefined) break;
    const name = first.slice(first.lastIndexOf("/") + 1);
    const rest = result.words.slice(1);
    if (name === "su" || name === "runuser") return { ...result, ...asUser(rest), through: [...result.through, name] };
    if (name === "start-stop-daemon") {
      result.words = startStopDaemon(rest, result);
    } else {
      const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
      if (wrapper === undefined) break;
      result.words = afterOwn(wrapper, rest, result);
    }
    result.through.push(name);
    if (result.shellText !== null) break;
  }
  return result;
}

interface Option {
  /** `u` or `user`. */
  name: string;
  value: Untrusted | null;
}

/** Options at the beginning, as getopt_long(3) with `+` reads them, and the words after them. */
function options(words: readonly Untrusted[], valued: string, long: readonly string[]): [Option[], Untrusted[]] {
  const found: Option[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") return [found, words.slice(at + 1)];
    if (!word.startsWith("-") || word === "-") break;
    if (word.startsWith("--")) {
      const equals = word.indexOf("=");
      const name = word.slice(2, equals < 0 ? undefined : equals);
      const next = equals < 0 && long.includes(name);
      found.push({ name, value: next ? (words[++at] ?? null) : equals < 0 ? null : word.slice(equals + 1) });
      continue;
    }
    for (let i = 1; i < word.length; i++) {
      const name = word[i] as string;
      if (!valued.includes(name)) {
        found.push({ name, value: null });
        continue;
      }
      found.push({ name, value: i + 1 < word.length ? word.slice(i + 1) : (words[++at] ?? null) });
      break;
    }
  }
  return [found, words.slice(at)];
}

function afterOwn(wrapper: Wrapper, words: readonly Untrusted[], result: Unwrapped): Untrusted[] {
  const given = wrapper.numeric === true && /^-\d+$/.test(words[0] ?? "") ? words.slice(1) : words;
  const [found, rest] = options(given, wrapper.valued ?? "", wrapper.long ?? []);
  for (const { name, value } of found) if (name === wrapper.chroot) result.chroot = value;
  let left = rest;
  if (wrapper.assignments === true) {
    const start = left.findIndex((word) => !/^[^/=]+=/.test(word));
    left = start < 0 ? [] : left.slice(start);
  }
  if (wrapper.chroot === "own") result.chroot = left[0] ?? null;
  left = left.slice(wrapper.own ?? 0);
  // `flock FILE -c TEXT`: the option may stand after the file.
  if (wrapper.shell === undefined) return left;
  const inOptions = found.find(({ name }) => name === wrapper.shell || name === "command");
  const after = left[0] === `-${wrapper.shell}` || left[0] === "--command" ? left[1] : undefined;
  const text = inOptions?.value ?? after ?? null;
  if (text === null) return left;
  result.shellText = text;
  return [];
}

/** `su [-] [USER] -c TEXT`, `runuser -u USER [--] COMMAND` (su(1), runuser(1)); options may stand anywhere in both. */
function asUser(words: readonly Untrusted[]): Pick<Unwrapped, "words" | "shellText"> {
  const valued = "cgGsuwT";
  const long = ["command", "session-command", "group", "supp-group", "shell", "user", "whitelist-environment"];
  let left = [...words];
  let named = false;
  for (let round = 0; round < MAX_WRAPPERS && left.length > 0; round++) {
    const [found, rest] = options(left, valued, long);
    const text = found.find(({ name }) => name === "c" || name === "command" || name === "session-command");
    if (text !== undefined) return { words: [], shellText: text.value };
    if (found.some(({ name }) => name === "u" || name === "user")) return { words: rest, shellText: null };
    // The user, or `-` for a login shell.
    if (rest[0] !== "-" && named) break;
    named ||= rest[0] !== "-";
    left = rest.slice(1);
  }
  return { words: [], shellText: null };
}

/** `start-stop-daemon --start --exec FILE -- ARGUMENTS`: what is started is --startas, else --exec (start-stop-daemon(8)). */
function startStopDaemon(words: readonly Untrusted[], result: Unwrapped): Untrusted[] {
  const long = "exec startas pidfile chuid group name user signal retry chdir chroot nicelevel procsched iosched umask ppid pid output notify-timeout".split(" "); // prettier-ignore
  const [found, rest] = options(words, "xapucgnsRdrNPIkO", long);
  const value = (...names: string[]): Untrusted | null => found.find(({ name }) => names.includes(name))?.value ?? null;
  result.chroot = value("chroot", "r") ?? result.chroot;
  const program = value("startas", "a") ?? value("exec", "x");
  return program === null ? [] : [program, ...rest];
}
