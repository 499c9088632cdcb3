import type { SeenAs } from "../identity/result.ts";
import type { Untrusted } from "../model/text.ts";

/** One name of a file that is to be looked at. */
export interface Sighting {
  path: Untrusted;
  seen: SeenAs;
  /** What the same command would start without it: next in a supervisor's search path. */
  standsBefore?: Untrusted;
}

/** Something that could not be listed or opened: errno name, and where. */
export interface Unlisted {
  where: Untrusted;
  error: string;
}
