import type { Untrusted } from "../model/text.ts";
import { reasonOf } from "../platform/errno.ts";
import { openRoot } from "../platform/root.ts";
import type { RecordedAnswer } from "./lookup.ts";

/** Lines of the package databases that answers rest on, as read, and what could not be read of them. */
export interface PackageFacts {
  excerpts: { root: string; path: Untrusted; text: Uint8Array }[];
  excerptsMissing: string[];
}

/** Reads what the package databases of the programs' roots say of them. Never throws for what a root is by now. */
export async function packageFacts(answers: readonly RecordedAnswer[]): Promise<PackageFacts> {
  const facts: PackageFacts = { excerpts: [], excerptsMissing: [] };
  for (const { root: dir, program, identity } of answers) {
    if (dir === null || identity === null) continue;
    try {
      // Loaded when first asked, as by `Lookup`.
      const { packageExcerpts } = await import("../identity/index.ts");
      for (const excerpt of packageExcerpts(openRoot(dir), identity)) facts.excerpts.push({ root: dir, ...excerpt });
    } catch (error) {
      facts.excerptsMissing.push(`package facts of ${program}: ${reasonOf(error)}`);
    }
  }
  return facts;
}
