import { openRoot, type Root } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import { VERIFICATION_SCHEMA, type Verification } from "../verification/result.ts";
import { verifyPackages } from "../verification/index.ts";
import type { IdentifyFlags } from "./commands/identify.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeResult } from "./output.ts";
import { createProgress } from "./progress.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks identify --verify-packages`: every packaged file against the record of its package. */
export async function verifyPackagesCommand(
  texts: readonly string[],
  root: Root | null,
  flags: IdentifyFlags,
  version: string,
): Promise<ExitCode> {
  if (texts.length > 0 || flags.all === true) {
    throw new Failure(
      "--verify-packages looks at all packages and takes no paths",
      "whoforks identify --verify-packages",
    );
  }
  const progress = createProgress(flags.quiet !== true);
  const verified = await verifyPackages(root ?? openRoot("/"), {
    cache: flags.cache ?? null,
    signal: interruptSignal(),
    progress: (done, of) => progress.show(`comparing packaged files … ${done} of ${of}`),
  });
  progress.clear();
  const result: Verification = { schema: VERIFICATION_SCHEMA, tool: { name: "whoforks", version }, ...verified };
  const asJson = flags.json === true || flags.format === "json";
  const text = asJson
    ? jsonReport(result)
    : (await import("../report/verification.ts")).verificationReport(result, reportOptions(flags));
  writeResult(text, flags.output);
  return exitCodeOf(result);
}

/** A modified file, or one that gives more rights than recorded, is a problem; what is missing or unread leaves it open. */
function exitCodeOf({ interrupted, differences, manager, compared }: Verification): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const strong = differences.some(({ reasons }) => reasons.some(({ weight }) => weight === "strong"));
  if (strong) return EXIT.problemFound;
  const refused = differences.some(({ reasons }) => reasons.some(({ args }) => args["error"] === "EACCES"));
  if (refused) return EXIT.noPrivilege;
  const open = differences.some(({ kind }) => kind !== "edited");
  return open || manager === null || compared === 0 ? EXIT.inconclusive : EXIT.nothingWrong;
}
