import type { Identity } from "./types.ts";

/** What a verdict means for whoever answers for the host: something is wrong, it cannot be told, nothing is wrong. */
export type Concern = "problem" | "unsure" | "none";

/** Reasons that leave a doubt where nothing else speaks against a file. */
const DOUBTS: ReadonlySet<string> = new Set(["identity.rule-matches", "identity.set-uid-unowned"]);

/**
 * The concern of a judged file. What speaks for the file turns a problem into a doubt, never into nothing; the one
 * exception is the program that was replaced while it runs, as every upgrade does. That nobody owns a file which is no
 * program (weak reasons alone) is a doubt at most: packages do not own what they make, /etc/passwd for one. A YARA rule
 * that matches a file against which nothing else speaks is a doubt: rules match the innocent, too. So is local software that
 * gives its owner's rights to whoever starts it.
 */
export function concernOf({ verdict, reasons }: Pick<Identity, "verdict" | "reasons">): Concern {
  const excused = reasons.some(({ weight }) => weight === "exculpatory");
  const strong = reasons.some(({ weight }) => weight === "strong");
  switch (verdict) {
    case "impostor":
    case "memory-only":
      return "problem";
    case "modified":
      return excused ? "unsure" : "problem";
    case "unpackaged":
      return excused || reasons.every(({ weight }) => weight === "weak") ? "unsure" : "problem";
    case "deleted":
      return strong ? "problem" : excused ? "none" : "problem";
    case "unverifiable":
      return strong ? "problem" : "unsure";
    case "genuine":
    case "local":
      return strong ? "problem" : reasons.some(({ code }) => DOUBTS.has(code)) ? "unsure" : "none";
  }
}
