import { Option, type Command } from "commander";
import { seconds, sourceOption, withOption, type ObservingFlags } from "./shared.ts";

/** Adds `whoforks record` to the command line. */
export function addRecord(program: Command, version: string): void {
  program
    .command("record")
    .description("observe this host and keep everything as a case, to be diagnosed later or elsewhere")
    .requiredOption(
      "-o, --output <case>",
      "the folder to make, or one file if it ends in .tar.gz or .tgz; it must not be there yet",
    )
    .addOption(new Option("--duration <time>", "observe this long").default(5, "5s").argParser(seconds))
    .addOption(sourceOption())
    .addOption(withOption())
    .option("--no-redact", "keep arguments that look like passwords or tokens")
    .option("-q, --quiet", "no progress on standard error")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks record -o web1.case --duration 30s        then, anywhere: whoforks diagnose --from web1.case
  sudo whoforks record -o web1.tar.gz                     the same as one packed file, easy to send

Exit codes: 0 recorded · 2 wrong usage · 3 the case is not complete, or not packed · 4 recorded without privilege: nobody is named
            5 internal error · 130 interrupted; what was seen until then is kept`,
    )
    .action(async (flags: RecordFlags) => {
      const { recordCommand } = await import("../record.ts");
      process.exitCode = await recordCommand(flags, version);
    });
}

/** Options of `record` as commander hands them over. */
export interface RecordFlags extends ObservingFlags {
  output: string;
  /** Seconds. */
  duration: number;
  redact: boolean;
  quiet?: boolean;
}
