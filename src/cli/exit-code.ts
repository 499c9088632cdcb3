import type { Diagnosis } from "../diagnosis/result.ts";

/** Exit codes that scripts rely on; the same in every command. */
export const EXIT = {
  nothingWrong: 0,
  problemFound: 1,
  usage: 2,
  inconclusive: 3,
  noPrivilege: 4,
  internal: 5,
  notUndone: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code that a diagnosis calls for. */
export function exitCodeOf(diagnosis: Diagnosis, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  switch (diagnosis.verdict.outcome) {
    case "storm":
      return EXIT.problemFound;
    case "inconclusive":
      return diagnosis.couldNotLook.some((c) => c.code === "tracefs.no-root") ? EXIT.noPrivilege : EXIT.inconclusive;
    case "healthy":
    case "benign":
      return (diagnosis.hidden?.length ?? 0) > 0 || isAltered(diagnosis) ? EXIT.problemFound : EXIT.nothingWrong;
  }
}

/** Whether this tool, or the tools of the host that show processes, are not what they should be. */
function isAltered({ footing }: Diagnosis): boolean {
  return footing?.findings.some(({ weight }) => weight === "strong") === true;
}
