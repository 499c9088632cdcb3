import type { Untrusted } from "../model/text.ts";
import type { Advice } from "./result.ts";

/** One thing to do: `advice.CODE` of the catalogue, its arguments, and the commands beside it. */
export function advice(
  code: string,
  args: Record<string, unknown>,
  safety: Advice["safety"],
  command: Untrusted[] | null = null,
  undo: Untrusted[] | null = null,
): Advice {
  return { code: `advice.${code}`, args, safety, command, undo };
}
