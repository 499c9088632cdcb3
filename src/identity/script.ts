import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Surrounding } from "./answer.ts";
import { placeOf, PROGRAM_DIRECTORIES } from "./places.ts";
import { reason } from "./reasons.ts";
import type { Reason } from "./types.ts";

/**
 * The interpreter that the first line of a script names (execve(2)): a path, or what env(1) finds under a name. Null: no
 * script.
 */
export function interpreterOf({ root }: Surrounding, head: Uint8Array): Untrusted | null {
  if (head[0] !== 0x23 || head[1] !== 0x21) return null;
  const end = head.indexOf(10);
  const words = fromBytes(head.subarray(2, end < 0 ? head.length : end))
    .trim()
    .split(/[ \t]+/);
  const [program = ""] = words;
  if (!program.endsWith("/env")) return program.startsWith("/") ? program : null;
  const name = words.slice(1).find((word) => !word.startsWith("-") && !word.includes("="));
  if (name === undefined || name.includes("/")) return name ?? program;
  return (
    PROGRAM_DIRECTORIES.map((directory) => `${directory}/${name}`).find((path) => root.stat(path) !== null) ?? null
  );
}

/** A script is what its interpreter makes of it: one that nobody owns is said. */
export function interpreterReasons(at: Surrounding, head: Uint8Array | null): Reason[] {
  const { root, database } = at;
  const interpreter = head === null || database === null ? null : interpreterOf(at, head);
  if (interpreter === null || database === null) return [];
  const real = root.realpath(interpreter);
  if (real === null) return [reason("identity.interpreter-missing", "weak", { interpreter })];
  if (database.ownersOf(real).length > 0) return [];
  const weight = placeOf(real) === "local" ? "weak" : "strong";
  return [reason("identity.interpreter-of-nobody", weight, { interpreter: real })];
}
