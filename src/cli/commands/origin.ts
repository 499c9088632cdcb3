import type { Command } from "commander";
import { EXIT_CODES, seconds, withReportOptions, type ReportFlags } from "./shared.ts";

/** Adds `whoforks origin` to the command line. */
export function addOrigin(program: Command, version: string): void {
  withReportOptions(
    program
      .command("origin")
      .argument("<path>", "a file")
      .description(
        "tell how a file came to its place: its times, logs, logins, what else appeared then, what is missing",
      )
      .option("--root <dir>", "the root file system that the path belongs to: a mounted disk, a container's")
      .option("--around <time>", "how near to a time of the file other things must be: 90s, 30m", seconds, 600)
      .option("--from <case>", "what a case (whoforks record) holds of the file, instead of looking at a file system")
      .option("--histories", "also read the users' shell histories (secrets in them are taken out)"),
  )
    .option("-q, --quiet", "no progress on standard error")
    .option("-v, --verbose", "every event and every source")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks origin /usr/bin/atd               a file of this host
  whoforks origin --root /mnt /usr/bin/atd        of a mounted disk, by its own logs
  sudo whoforks origin --around 2m /usr/bin/atd   only what happened within two minutes
  whoforks origin --from web1.case /usr/bin/atd   what a case holds of it
  sudo whoforks origin --json /usr/bin/atd        for a script: docs/origin.md

It only looks: no file is changed, no program of the host is run. Times of logs are turned into UTC.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (path: string, flags: OriginFlags) => {
      const { originCommand } = await import("../origin.ts");
      process.exitCode = await originCommand(path, flags, version);
    });
}

/** Options of `origin` as commander hands them over. */
export interface OriginFlags extends ReportFlags {
  root?: string;
  around: number;
  from?: string;
  histories?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}
