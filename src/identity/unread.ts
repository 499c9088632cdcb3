import type { Untrusted } from "../model/text.ts";
import { errnoOf } from "../platform/errno.ts";

/** Places beside a judged file that the system refuses to look at: the file itself can be judged all the same. */
export type Unread = { path: Untrusted; error: string }[];

const MOST = 3;

/** `look()`; what the file system throws is noted, each place once, and `otherwise` taken. */
export function attempt<T>(unread: Unread, path: Untrusted, otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const code = errnoOf(error);
    if (code === "") throw error;
    if (unread.length < MOST && !unread.some((one) => one.path === path)) unread.push({ path, error: code });
    return otherwise;
  }
}
