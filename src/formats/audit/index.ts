import type { StreamFormat } from "../types.ts";
import { AuditReader } from "./reader.ts";
import { looksTranslated } from "./translated.ts";

/** A record with its stamp. */
const RECORD =
  /(?:^|[ \0])type=(?:[A-Z][A-Z0-9_]{2,30}|UNKNOWN\[\d{1,5}\]|\d{4}) (?:msg=)?audit\(\d{1,11}\.\d{3}:\d{1,10}\)/;
const LINES = 200;

/**
 * Linux audit records as auditd writes them (raw or enriched, with or without `node=`), and as they pass through syslog,
 * the kernel log or a journal (`journalctl -o json`), and as `ausearch -i` interprets them. Grammar: audit-userspace lib/ and auparse/, kernel/audit.c and kernel/auditsc.c.
 */
export const auditFormat: StreamFormat = {
  id: "audit",
  sniff(head) {
    const lines = Buffer.from(head.subarray(0, 65_536))
      .toString("latin1")
      .split("\n", LINES)
      .filter((line) => !/^[\s\0]*(?:#|$)|^-{4}\s*$|^time->/.test(line));
    const records = lines.filter((line) => RECORD.test(line.slice(0, 1024)) || looksTranslated(line)).length;
    if (records === 0) return 0;
    // A kernel log may hold a few records among much else; a log of another tool may quote one.
    return records * 2 >= lines.length ? 0.95 : 0.3;
  },
  open: (sinkOf) => new AuditReader(sinkOf),
};
