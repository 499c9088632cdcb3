import { checksOf, concernOf, type Identity } from "../identity/index.ts";
import type { IdentifiedFile } from "../identity/result.ts";
import type { Reason } from "../identity/types.ts";
import type { Root } from "../platform/root.ts";

/** A judged file with further reasons, and what it means with them. */
export function withReasons(root: Root, file: IdentifiedFile, reasons: readonly Reason[]): IdentifiedFile {
  if (reasons.length === 0) return file;
  const identity = { ...file, reasons: [...file.reasons, ...reasons] };
  return { ...identity, ...identified(root, identity, file.process) };
}

/** A judgement with what it means and how it can be checked. */
export function identified(root: Root, identity: Identity, process: IdentifiedFile["process"]): IdentifiedFile {
  const checks = checksOf(root, identity, process?.pid ?? null);
  return { ...identity, concern: concernOf(identity), process, checks };
}
