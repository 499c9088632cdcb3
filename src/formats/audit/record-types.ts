import { RECORD_TYPES } from "./tables/record-types.ts";
import { unfold } from "../text/unfold.ts";

/** Names of all record types by number (include/uapi/linux/audit.h, the published message dictionary). */
const BY_NUMBER = unfold(RECORD_TYPES);

/** Name of a record type as written: `SYSCALL`, `1300` (kernel log), `UNKNOWN[1300]` (an older tool wrote it). */
export function typeName(written: string): string {
  const number = /^(?:UNKNOWN\[)?(\d{1,5})\]?$/.exec(written)?.[1];
  return number === undefined ? written : (BY_NUMBER.get(Number(number)) ?? written);
}
