import type { Untrusted } from "../model/text.ts";

/** A file of rules as it was read. */
export interface RuleFile {
  /** Path on this host. */
  path: Untrusted;
  source: string;
}

/** What the scanning program is told: first the rules, then one content after another. */
export type RuleTask =
  | { files: RuleFile[] }
  | {
      /** A link on this host that leads to the file, which is regular: `/proc/PID/fd/N` of who asks. */
      link: string;
      /** What rules may ask about the file beside its content. */
      path: string;
    };

/** A rule that does not compile. */
export interface BrokenRules {
  file: Untrusted;
  /** Of the file; null: the library did not tell. */
  line: number | null;
  message: string;
}

export interface RuleMatch {
  rule: string;
  /** The file that the rule stands in. */
  file: Untrusted;
  /** From the rule's own metadata, cut at 200 characters; null: it has none. */
  description: string | null;
}

/** Its answers, one for each task. `unavailable`: the library cannot be loaded. */
export type RuleAnswer =
  | { unavailable: string }
  | { compiled: number; broken: BrokenRules[] }
  | { matches: RuleMatch[]; error: string | null };
