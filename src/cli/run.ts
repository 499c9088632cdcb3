import { Command, CommanderError } from "commander";
import { EXIT_CODES } from "./commands/shared.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { mentionUnfinished } from "./mention-unfinished.ts";

/** Adds a command to the command line. */
export type AddCommand = (program: Command, version: string) => void;

/** Parses the command line, runs the command that it names, one of these, and ends the process with its exit code. */
export async function runOneOf(
  commands: readonly AddCommand[],
  argv: readonly string[],
  version: string,
): Promise<void> {
  const program = new Command("whoforks")
    .description(
      "Finds out why a Linux host burns CPU on processes that die before anyone sees them:\nwho starts them, why they come back, and whether the program is what its name claims.",
    )
    .version(version, "-V, --version")
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText("after", `\nExit codes: ${EXIT_CODES}`);
  for (const add of commands) add(program, version);
  // `restore` and `quarantine --list` tell it themselves.
  if (argv[2] !== "restore" && argv[2] !== "quarantine") await mentionUnfinished();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong in one or two lines and gives the exit code; only a bug of ours shows a stack. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.nothingWrong : EXIT.usage;
  if (error instanceof Failure) {
    process.stderr.write(`whoforks: ${error.message}\n${error.remedy === null ? "" : `  ${error.remedy}\n`}`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`whoforks: this is a bug in whoforks, please report it\n${stack}\n`);
  return EXIT.internal;
}
