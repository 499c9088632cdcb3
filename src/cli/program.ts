import { Command, CommanderError } from "commander";
import { addBehave } from "./commands/behave.ts";
import { addCollect } from "./commands/collect.ts";
import { addDiagnose } from "./commands/diagnose.ts";
import { addEvents } from "./commands/events.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExplain } from "./commands/explain.ts";
import { addIdentify } from "./commands/identify.ts";
import { addOrigin } from "./commands/origin.ts";
import { addQuarantine, addRestore } from "./commands/quarantine.ts";
import { addProve } from "./commands/prove.ts";
import { addRecord } from "./commands/record.ts";
import { addTop } from "./commands/top.ts";
import { addWhy } from "./commands/why.ts";
import { EXIT_CODES } from "./commands/shared.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { mentionUnfinished } from "./mention-unfinished.ts";

/** Every command, in the order of `--help`. What one does is loaded when it runs. */
const COMMANDS = [
  addDiagnose,
  addRecord,
  addEvents,
  addTop,
  addWhy,
  addIdentify,
  addOrigin,
  addBehave,
  addQuarantine,
  addRestore,
  addProve,
  addCollect,
  addDoctor,
  addExplain,
];

/** Parses the command line, runs the command and ends the process with its exit code. */
export async function run(argv: readonly string[], version: string): Promise<void> {
  const program = new Command("whoforks")
    .description(
      "Finds out why a Linux host burns CPU on processes that die before anyone sees them:\nwho starts them, why they come back, and whether the program is what its name claims.",
    )
    .version(version, "-V, --version")
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText("after", `\nExit codes: ${EXIT_CODES}`);
  for (const add of COMMANDS) add(program, version);
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
