import type { ReasonCode } from "./reasons.ts";
import type { Reason } from "./types.ts";

/** MITRE ATT&CK techniques that a reason, when it is strong or medium, is a sign of. */
const TECHNIQUES: Partial<Record<ReasonCode, string>> = {
  "identity.kernel-thread-name": "T1036.005",
  "identity.calls-itself-packaged": "T1036.005",
  "identity.resembles-packaged": "T1036.005",
  "identity.content-of-packaged": "T1036.003",
  "identity.preloaded": "T1574.006",
  "identity.mode-not-as-shipped": "T1548.001",
  "identity.rights-changed-later": "T1548.001",
  "identity.capabilities-not-as-shipped": "T1548",
  "identity.capabilities-unrecorded": "T1548",
};

/** The techniques that reasons point to, each once. */
export function techniquesOf(reasons: readonly Reason[]): string[] {
  const found = reasons
    .filter(({ weight }) => weight === "strong" || weight === "medium")
    .map(({ code }) => TECHNIQUES[code as ReasonCode])
    .filter((technique) => technique !== undefined);
  return [...new Set(found)];
}
