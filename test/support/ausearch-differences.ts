import type { Difference } from "./ausearch.ts";

/** Why a difference is none of ours; docs/events.md tells the same. Null: it is to be looked at. */
export function explanation({ type, field, call, raw, ours, theirs }: Difference): string | null {
  if (field === "exit" && ours.endsWith("(…)") && theirs.startsWith(ours.slice(0, -2)))
    return "the same error, with its words";
  if (type === "SYSCALL" && field === "syscall" && theirs === "pread" && ours === "pread64")
    return "the kernel's name is pread64";
  if (/^(?:o?ses|old-ses)$/.test(field) && (raw === "-1" || raw === "4294967295"))
    return "no session is unset, as 4294967295 is";
  if (type === "SECCOMP" && field === "code" && theirs === "kill" && ours.startsWith("kill_"))
    return "which of the two kills";
  if (type === "SOCKADDR" && raw.length <= 2) return "an address of one byte";
  if (field === "msg" && theirs.replace("suid=root ", "suid=unknown(0)") === ours)
    return "the tail names no user of a program's own fields";
  if (type !== "SYSCALL" || !/^a[0-3]$/.test(field)) return null;
  const number = BigInt(`0x${raw}`);
  if (theirs === `0x${raw}`) return "ausearch does not interpret it";
  if (ours === String(number & 0xffffffffn) && (theirs === "root" || theirs === `unknown(${ours})`))
    return "nobody named this user";
  if (call?.startsWith("exit") === true)
    return theirs === "UNKNOWN" || /^EXIT_(?:SUCCESS|FAILURE)$/.test(theirs) ? "the status" : null;
  if (call === "socket" && field === "a2" && ours === `0x${raw}`) return "protocol numbers are IP's only in IP";
  if (call === "socket" && ours.startsWith(`${theirs}|`)) return "ausearch drops the flags";
  if (call === "mknodat" && ours.endsWith(`,${theirs}`)) return "and the type of the file";
  if (call === "personality" && theirs === `unknown-personality(${ours})`) return "no personality";
  if (call === "rt_sigaction" && (theirs === "IGPWR" || theirs.startsWith("unknown-signal(")))
    return "ausearch's table of signals";
  return null;
}
