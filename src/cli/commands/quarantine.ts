import { InvalidArgumentError, Option, type Command } from "commander";
import { CONCERNS, type ConcernKind } from "../../quarantine/result.ts";
import { EXIT_CODES, seconds } from "./shared.ts";

/** Adds `whoforks quarantine` to the command line. */
export function addQuarantine(program: Command, version: string): void {
  const command = program
    .command("quarantine")
    .argument("[path]", "the file to take out of the way")
    .description(
      "take a file out of the way: it cannot be executed, nothing of it is lost, and `restore` gives it back",
    )
    .option("--list", "list what is in quarantine, and what was left unfinished")
    .option("--yes", "do it; without it, and without a terminal to ask on, only the plan is shown")
    .addOption(
      new Option("--allow <what...>", "do it even to a file that is one of these (the plan says which it is)").choices(
        CONCERNS,
      ),
    )
    .option("--leave-supervisor", "do it although a supervisor goes on trying to start the file")
    .option("--watch <time>", "how long to watch whether the file comes back (at most 10m)", watchTime, 2);
  addShared(command)
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks quarantine /usr/bin/atd                what would be done, and how it is undone
  sudo whoforks quarantine --yes /usr/bin/atd          do it; the id for \`restore\` is printed
  sudo whoforks quarantine --yes --root /mnt /usr/bin/atd    a file of a mounted disk
  sudo whoforks quarantine --list

Nothing is deleted and no link is followed. The file stays in its file system, in a folder for root alone, and without
permissions. The journal is in /var/lib/whoforks (WHOFORKS_STATE names another folder). docs/quarantine.md tells all.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (path: string | undefined, flags: QuarantineFlags) => {
      const { quarantineCommand } = await import("../quarantine.ts");
      process.exitCode = await quarantineCommand(path, flags, version);
    });
}

/** Adds `whoforks restore` to the command line. */
export function addRestore(program: Command, version: string): void {
  const command = program
    .command("restore")
    .argument("<id>", "the id that `quarantine` printed, or that --list shows")
    .description("give a file back from quarantine, or undo what a run that broke off had done")
    .option("--yes", "do it; without it, and without a terminal to ask on, only the plan is shown");
  addShared(command)
    .addHelpText(
      "after",
      `
Nothing is overwritten: a file that has taken the name since, or a file in quarantine that is not what was put there, is
left as it is, and the exit code is 6.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (id: string, flags: RestoreFlags) => {
      const { restoreCommand } = await import("../restore.ts");
      process.exitCode = await restoreCommand(id, flags, version);
    });
}

function addShared(command: Command): Command {
  return command
    .option("--root <dir>", "the root file system that the path belongs to: a mounted disk, a container's")
    .addOption(
      new Option("--format <format>", "how to print the result").choices(["terminal", "json"]).default("terminal"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(
      new Option("--lang <language>", "language of the report (default: from the environment)").choices([
        "en",
        "zh-CN",
      ]),
    )
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .option("-v, --verbose", "names as they are");
}

function watchTime(text: string): number {
  if (text === "0") return 0;
  const value = seconds(text);
  if (value > 600) throw new InvalidArgumentError("give a time of at most 10m, or 0");
  return value;
}

/** Options of `restore` as commander hands them over. */
export interface RestoreFlags {
  yes?: boolean;
  root?: string;
  format: "terminal" | "json";
  json?: boolean;
  output?: string;
  lang?: "en" | "zh-CN";
  color: boolean;
  verbose?: boolean;
}

/** Options of `quarantine`. */
export interface QuarantineFlags extends RestoreFlags {
  list?: boolean;
  allow?: ConcernKind[];
  leaveSupervisor?: boolean;
  /** Seconds. */
  watch: number;
}
