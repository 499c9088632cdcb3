/**
 * What the kernel itself says about lost records (kernel/audit.c audit_log_lost, printed to the kernel log, not as records):
 *
 *     audit: audit_lost=494217 audit_rate_limit=0 audit_backlog_limit=4096
 *     audit: backlog limit exceeded          audit: kauditd hold queue overflow
 *     kauditd_printk_skb: 1432 callbacks suppressed
 *
 * @returns null when the line says nothing of the kind; `lost` is null when it gives no number. `audit_lost` counts since the
 * boot; suppressed callbacks are lines of the kernel log, so their number is not one of lost records for auditd.
 */
export function lossOf(bytes: Uint8Array, from: number, to: number): { lost: number | null } | null {
  const line = Buffer.from(bytes.subarray(from, Math.min(to, from + 512))).toString("latin1");
  const lost = /\baudit_lost=(\d{1,10})(?!\d)/.exec(line)?.[1];
  if (lost !== undefined) return { lost: Number(lost) };
  if (
    /\baudit: (?:backlog limit exceeded|rate limit exceeded|kauditd hold queue overflow|out of memory|no memory)/.test(
      line,
    )
  )
    return { lost: null };
  return /\bkauditd_printk_skb: \d+ callbacks suppressed/.test(line) ||
    /\baudit_printk_skb: \d+ callbacks suppressed/.test(line)
    ? { lost: null }
    : null;
}
