import { kindOf, RECORD_SIZE } from "./record.ts";

/** So many sound records in a row are no accident; one that was written in part puts the rest out of place. */
const IN_A_ROW = 8;

/**
 * How sure these first bytes are process accounting. There is no magic number: the first record must be sound (`kindOf`), and the
 * next seven, as far as there are any, with the same version and byte order. docs/logs.md says how rarely anything else is.
 */
export function sniffPacct(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const kind = kindOf(view, 0);
  if (kind === 0) return 0;
  const whole = Math.floor(head.length / RECORD_SIZE);
  let row = 1;
  while (row < whole && kindOf(view, row * RECORD_SIZE) === kind) row++;
  if (row < Math.min(whole, IN_A_ROW)) return 0;
  // One record alone is less than certain.
  return row === 1 ? 0.6 : 0.95;
}
