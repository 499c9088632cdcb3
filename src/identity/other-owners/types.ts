import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";

/** A manager of files beside the package manager: of a language, of modules, of bundled applications. */
export interface OtherOwner {
  /** `npm`, `pip`, … */
  readonly id: string;
  /**
   * What it says of a file that no package owns; null: nothing. `real`: its path with all links resolved. Reads only what
   * is bounded; throws what the file system throws.
   */
  claim(root: Root, real: Untrusted): Claim | null;
}

export interface Claim {
  package: Untrusted;
  version: Untrusted | null;
  /** The file that says so. */
  record: Untrusted;
  /** Whether the content is the recorded one; null: it records no digest. */
  asRecorded: boolean | null;
}
