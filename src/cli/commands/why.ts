import type { Command } from "commander";
import { EXIT_CODES, withReportOptions, type ReportFlags } from "./shared.ts";

/** Adds `whoforks why` to the command line. */
export function addWhy(program: Command, version: string): void {
  withReportOptions(
    program
      .command("why")
      .argument("<what>", "a process id, a unit (also SUPERVISOR:UNIT) or program by name, or the path of a program")
      .description(
        "tell what starts a program, and starts it again: supervisor, file, line, limit, and how to stop that",
      )
      .option("--root <dir>", "the root file system to look into: a mounted disk, a container's"),
  )
    .option("-v, --verbose", "also show every job that could start it, and names as they are")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks why 812                         from PID 1 to this process, and the line of configuration between
  whoforks why /usr/bin/atd                     every job that starts this program, also one that is dead by now
  whoforks why cron.service                     one unit; SUPERVISOR:UNIT where the name is not enough: sysvinit:at
  whoforks why --root /mnt /usr/bin/atd         by the files of a mounted disk

Nothing is changed: the commands that stop it, and take that back, are shown. The fields of --json: docs/why.md.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (what: string, flags: WhyFlags) => {
      const { whyCommand } = await import("../why.ts");
      process.exitCode = await whyCommand(what, flags, version);
    });
}

/** Options of `why` as commander hands them over. */
export interface WhyFlags extends ReportFlags {
  root?: string;
  verbose?: boolean;
}
