import type { Check, CheckId, Gift, Note } from "../../model/doctor.ts";

/** A check in the making; what is not given is nothing. */
export function check(
  id: CheckId,
  state: Check["state"],
  rest: { gives?: readonly Gift[]; notes?: readonly Note[]; needsRoot?: boolean } & Partial<
    Pick<Check, "command" | "undo">
  > = {},
): Check {
  const { gives = [], notes = [], needsRoot = false, command = null, undo = null } = rest;
  return { id, state, gives, notes, needsRoot, command, undo };
}

export function note(code: string, args: Note["args"] = {}): Note {
  return { code, args };
}

/** The command that runs the diagnosis as root. */
export const AS_ROOT = ["sudo", "whoforks", "diagnose"] as const;

/** The command that records audit records for a while. */
export const BY_AUDIT = [...AS_ROOT, "--with", "audit"] as const;
