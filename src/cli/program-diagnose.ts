import { addDiagnose } from "./commands/diagnose.ts";
import { runOneOf } from "./run.ts";

/** As `run` of program.ts where the command is `diagnose`: the program that is kept compiled (compiled.ts). */
export function run(argv: readonly string[], version: string): Promise<void> {
  return runOneOf([addDiagnose], argv, version);
}
