import { Option, type Command } from "commander";
import { seconds, sourceOption, type Source } from "./shared.ts";

/** Adds `whoforks collect` to the command line. */
export function addCollect(program: Command, version: string): void {
  program
    .command("collect")
    .description(
      "pack what a security team asks for into one file: the run, the suspects sealed, where they came from, who starts them",
    )
    .option("-o, --output <file>", "the bundle to make (a tar.gz), or with --unseal the file to write")
    .option("--also <path...>", "files that are suspects, too")
    .option(
      "--password-file <file>",
      "seal the suspects with the password in its first line (default: the open one, `infected`)",
    )
    .option("--verify <bundle>", "compare every byte of a bundle with its manifest; writes nothing")
    .option(
      "--unseal <item>",
      "with --verify and -o: take one sealed item out; it is written without a right to execute",
    )
    .addOption(new Option("--duration <time>", "observe for at most this long").default(5, "5s").argParser(seconds))
    .addOption(sourceOption())
    .option("--no-redact", "keep what looks like passwords or tokens in arguments and configuration")
    .addOption(
      new Option("--lang <language>", "language of the report (default: from the environment)").choices([
        "en",
        "zh-CN",
      ]),
    )
    .option("-q, --quiet", "no progress on standard error")
    .option("-v, --verbose", "with --verify: list every item")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks collect -o web1.bundle.tar.gz                       one file for the security team
  sudo whoforks collect -o w.tar.gz --also /usr/bin/atd             with a file that is suspect, too
  whoforks collect --verify web1.bundle.tar.gz                      whole, and unchanged?
  whoforks collect --verify w.tar.gz --unseal suspects/1.sealed -o atd.bin

The environment of processes is never read. What is in a bundle, and its layout: docs/collect.md.

Exit codes: 0 collected, or whole · 1 a bundle that was changed or is not whole · 2 wrong usage
            3 something could not be collected · 4 not enough privilege · 5 internal error · 130 interrupted`,
    )
    .action(async (flags: CollectFlags) => {
      const { collectCommand } = await import("../collect-verify.ts");
      process.exitCode = await collectCommand({ ...flags, also: flags.also ?? [] }, version);
    });
}

/** Options of `collect` as commander hands them over. */
export interface CollectFlags {
  output?: string;
  also: string[];
  passwordFile?: string;
  verify?: string;
  unseal?: string;
  /** Seconds. */
  duration: number;
  source: Source;
  redact: boolean;
  lang?: "en" | "zh-CN";
  quiet?: boolean;
  verbose?: boolean;
}
