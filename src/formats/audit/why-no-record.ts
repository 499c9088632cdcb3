const BEGINNING = 160;

/** Why a line holds no record that can be read, in a few English words. */
export function whyNoRecord(bytes: Uint8Array, from: number, to: number): string {
  const beginning = Buffer.from(bytes.subarray(from, Math.min(to, from + BEGINNING))).toString("latin1");
  if (/\baudit\[\d+\]: [A-Z_]+ /.test(beginning))
    return "a journal without serial numbers: `journalctl -o json _TRANSPORT=audit` has them";
  if (/(?:type=|audit\()/.test(beginning)) return "no time stamp audit(SECONDS.MILLISECONDS:SERIAL)";
  return "no audit record";
}
