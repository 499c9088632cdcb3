import type { UnusableInput } from "../formats/input.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";

/** Why an input gave nothing, in a few words. */
export function whyUnusable({ reason, detail }: UnusableInput): string {
  return detail === null ? reason : `${reason} (${detail})`;
}

/** No input could be used: `headline` says for what, `example` is a command with one that could. */
export function nothingUsable(inputs: readonly UnusableInput[], headline: string, example: string): Failure {
  const [first] = inputs;
  if (first === undefined) return new Failure("there is no file to read", example);
  const lines = inputs.map((input) => `${safe(input.path)}: ${whyUnusable(input)}`);
  return new Failure(`${headline}\n  ${lines.slice(0, 10).join("\n  ")}`, first.remedy);
}
