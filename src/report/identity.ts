import type { Identity } from "../diagnosis/result.ts";
import { openSheet, type TerminalOptions } from "./screen.ts";
import { identityDetail } from "./sections/identity-detail.ts";

/** What is known of one file, for a terminal: the verdict, what speaks for it, the facts. Ends with a newline. */
export function identityReport(identity: Identity, options: TerminalOptions): string {
  return identityDetail(openSheet(options), identity).join("\n").replaceAll("\u00a0", " ") + "\n";
}
