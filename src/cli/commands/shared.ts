import { InvalidArgumentError } from "commander";

/** The exit codes, for `--help`. */
export const EXIT_CODES = `0 nothing wrong · 1 a problem was found · 2 wrong usage or unusable input
            3 inconclusive · 4 not enough privilege · 5 internal error · 130 interrupted`;

/** `5s`, `500ms`, `2m` or plain seconds; more than 0 and at most an hour. */
export function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 1e-3, s: 1, m: 60 }[match?.[2] ?? "s"] as number;
  const value = Number(match?.[1]) * unit;
  if (match === null || value <= 0 || value > 3600)
    throw new InvalidArgumentError("give a time such as 500ms, 5s or 2m, at most 60m");
  return value;
}
