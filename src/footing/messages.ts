import type { Untrusted } from "../model/text.ts";

/** What a thread is told that looks at the footing. */
export interface FootingTask {
  /** Path of this program's main file. */
  script: Untrusted;
}
