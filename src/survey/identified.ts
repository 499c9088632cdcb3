import { checksOf, concernOf, type Identity } from "../identity/index.ts";
import type { IdentifiedFile } from "../identity/result.ts";
import type { Root } from "../platform/root.ts";

/** A judgement with what it means and how it can be checked. */
export function identified(root: Root, identity: Identity, process: IdentifiedFile["process"]): IdentifiedFile {
  const checks = checksOf(root, identity, process?.pid ?? null);
  return { ...identity, concern: concernOf(identity), process, checks };
}
