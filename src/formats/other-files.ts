/**
 * Files that people send in place of a log and that tell nothing of processes that ended, or not in this form. Each is told by
 * its first bytes: journal-def.h (systemd), tools/perf/util/header.h, the reports of aureport(8), top(1), ps(1), vmstat(8).
 */
interface OtherFile {
  what: string;
  /** A command or a sentence: how to come by something that can be read. */
  remedy: string;
  matches: (head: string) => boolean;
}

const OTHER_FILES: readonly OtherFile[] = [
  {
    what: "a file of the systemd journal",
    remedy: "print it where journalctl is: `journalctl --file FILE -o json _TRANSPORT=audit > journal.json`",
    matches: (head) => head.startsWith("LPKSHHRH"),
  },
  {
    what: "the journal's export form",
    remedy: "print it as JSON: `journalctl -o json _TRANSPORT=audit > journal.json`",
    matches: (head) => /^__CURSOR=\S+\n__REALTIME_TIMESTAMP=\d+\n/.test(head),
  },
  {
    what: "the journal's short form, which has no numbers of audit events",
    remedy: "print it with them: `journalctl -o json _TRANSPORT=audit > journal.json`",
    matches: (head) => /^\S.{0,200} audit(?:\[\d+\])?: [A-Z][A-Z_]{2,} \w/m.test(head),
  },
  {
    what: "a recording of perf",
    remedy: "print it where it was made: `perf script -i FILE > FILE.txt`",
    matches: (head) => head.startsWith("PERFILE2") || head.startsWith("2ELIFREP"),
  },
  {
    what: "a report of aureport",
    remedy: "give the log that it was made of, usually in /var/log/audit",
    matches: (head) => /^\n?[A-Z][\w ]* Report\n={6,}\n/.test(head),
  },
  {
    what: "a list of the living processes: it does not show those that ended",
    remedy:
      "record for ten seconds instead: docs/collecting.md has the commands, also for hosts where nothing can be installed",
    matches: (head) =>
      /^\s*top - \d\d:\d\d:\d\d up /.test(head) ||
      /^\s*(?:USER|UID|PID|F)\s[A-Z %]*\bPID\b.*\b(?:CMD|COMMAND)\n/.test(head) ||
      /^\s*PID\s.*\b(?:CMD|COMMAND)\n/.test(head) ||
      /^procs -+memory-+/.test(head),
  },
];

const LOOKED_AT = 8192;

/** What a file is whose format cannot be read, by its first bytes (unpacked), or null when that is not known either. */
export function otherFile(head: Uint8Array): Pick<OtherFile, "what" | "remedy"> | null {
  const text = Buffer.from(head.subarray(0, LOOKED_AT)).toString("latin1");
  return OTHER_FILES.find(({ matches }) => matches(text)) ?? null;
}
