import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { BoltBucket, BoltDamage } from "./bolt.ts";
import { addProblem, attempt } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** Databases of thousands of containers are smaller. */
const MAX_BYTES = 64 << 20;

/**
 * Goes through a database of bbolt; where it is damaged, or is written to meanwhile, a problem says so and what was found
 * before stands. Nothing where it is not there.
 */
export function readBolt(root: Root, file: Untrusted, problems: Problem[], look: (top: BoltBucket) => void): void {
  const bytes = attempt(problems, file, null, () => root.read(file, MAX_BYTES + 1));
  if (bytes === null) return;
  if (bytes.length > MAX_BYTES) return addProblem(problems, file, null, `larger than ${MAX_BYTES} bytes: not read`);
  try {
    look(BoltBucket.open(bytes));
  } catch (error) {
    if (!(error instanceof BoltDamage)) throw error;
    addProblem(problems, file, null, error.message);
  }
}
