import { constants } from "node:os";
import type { Untrusted } from "../../model/text.ts";

/** Names of exit statuses by systemd.exec(5), "Process Exit Codes" (`systemd-analyze exit-status`), without their EXIT_. */
export const EXIT_STATUSES: Readonly<Record<string, number>> = {
  SUCCESS: 0,
  FAILURE: 1,
  INVALIDARGUMENT: 2,
  NOTIMPLEMENTED: 3,
  NOPERMISSION: 4,
  NOTINSTALLED: 5,
  NOTCONFIGURED: 6,
  NOTRUNNING: 7,
  USAGE: 64,
  DATAERR: 65,
  NOINPUT: 66,
  NOUSER: 67,
  NOHOST: 68,
  UNAVAILABLE: 69,
  SOFTWARE: 70,
  OSERR: 71,
  OSFILE: 72,
  CANTCREAT: 73,
  IOERR: 74,
  TEMPFAIL: 75,
  PROTOCOL: 76,
  NOPERM: 77,
  CONFIG: 78,
  CHDIR: 200,
  NICE: 201,
  FDS: 202,
  EXEC: 203,
  MEMORY: 204,
  LIMITS: 205,
  OOM_ADJUST: 206,
  SIGNAL_MASK: 207,
  STDIN: 208,
  STDOUT: 209,
  CHROOT: 210,
  IOPRIO: 211,
  TIMERSLACK: 212,
  SECUREBITS: 213,
  SETSCHEDULER: 214,
  CPUAFFINITY: 215,
  GROUP: 216,
  USER: 217,
  CAPABILITIES: 218,
  CGROUP: 219,
  SETSID: 220,
  CONFIRM: 221,
  STDERR: 222,
  PAM: 224,
  NETWORK: 225,
  NAMESPACE: 226,
  NO_NEW_PRIVILEGES: 227,
  SECCOMP: 228,
  SELINUX_CONTEXT: 229,
  PERSONALITY: 230,
  APPARMOR: 231,
  ADDRESS_FAMILIES: 232,
  RUNTIME_DIRECTORY: 233,
  CHOWN: 235,
  SMACK_PROCESS_LABEL: 236,
  KEYRING: 237,
  STATE_DIRECTORY: 238,
  CACHE_DIRECTORY: 239,
  LOGS_DIRECTORY: 240,
  CONFIGURATION_DIRECTORY: 241,
  NUMA_POLICY: 242,
  CREDENTIALS: 243,
  BPF: 244,
  EXCEPTION: 255,
};

/** Signals of glibc between the kernel's own two and the last, signal(7). */
const FIRST_REALTIME = 34;
const LAST_SIGNAL = 64;

/**
 * One word of a list of ends as `config_parse_set_status` of systemd (src/core/load-fragment.c) takes it: a number is an exit
 * status, then come names of exit statuses, then those of signals. Null: systemd ignores the word.
 */
export function endNamed(word: Untrusted): { status: number } | { signal: number } | null {
  if (Object.hasOwn(EXIT_STATUSES, word)) return { status: EXIT_STATUSES[word] as number };
  const number = cNumber(word);
  if (number !== null) return number <= 255 ? { status: number } : null;
  const signal = signalNamed(word);
  return signal === null ? null : { signal };
}

/** A number as `safe_atou8` reads it: strtoul(3) with base 0, and the prefixes 0b and 0o. */
function cNumber(word: Untrusted): number | null {
  const plain = word.replace(/^\+/, "");
  const isNumber = /^(?:0[xX][0-9a-fA-F]{1,8}|0[bB][01]{1,32}|0[oO][0-7]{1,9}|[1-9]\d{0,8}|0)$/.test(plain);
  if (isNumber) return Number(plain);
  return /^0[0-7]{1,9}$/.test(plain) ? Number.parseInt(plain, 8) : null;
}

/** Second names of signals, which systemd does not know. */
const ALIASES: ReadonlySet<string> = new Set(["IOT", "POLL"]);

/** `signal_from_string` (src/basic/signal-util.c): `SIGTERM`, `TERM`, `RTMIN+3`, `SIGRTMAX-1`. */
function signalNamed(word: Untrusted): number | null {
  const name = word.replace(/^SIG/, "");
  const signals: Readonly<Record<string, number>> = constants.signals;
  if (!ALIASES.has(name) && Object.hasOwn(signals, `SIG${name}`)) return signals[`SIG${name}`] as number;
  const [, from, distance = "0"] = /^RT(MIN|MAX)(?:[+-](\d{1,2}))?$/.exec(name) ?? [];
  if (from === undefined || (name.includes("+") && from === "MAX") || (name.includes("-") && from === "MIN"))
    return null;
  const number = from === "MIN" ? FIRST_REALTIME + Number(distance) : LAST_SIGNAL - Number(distance);
  return number >= FIRST_REALTIME && number <= LAST_SIGNAL ? number : null;
}
