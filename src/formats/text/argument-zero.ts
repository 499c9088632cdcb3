import { fromBytes, type Untrusted } from "../../model/text.ts";

/** TASK_COMM_LEN less its zero (include/linux/sched.h). */
const NAME = 15;

/**
 * What to call a process of which argument 0 is all that is known: its last part, cut as task names are; a login shell's without its
 * hyphen. @param word as Latin-1, a character a byte
 */
export function nameOfArgumentZero(word: string): Untrusted {
  const name = word.slice(word.lastIndexOf("/") + 1).replace(/^-/, "");
  return fromBytes(Buffer.from(name.slice(0, NAME), "latin1"));
}
