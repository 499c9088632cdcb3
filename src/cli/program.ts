import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";

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
  addDiagnose(program, version);
  addRecord(program, version);
  addDoctor(program, version);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = report(error);
  }
}

const EXIT_CODES = `0 nothing wrong · 1 a problem was found · 2 wrong usage or unusable input
            3 inconclusive · 4 not enough privilege · 5 internal error · 130 interrupted`;

function addDiagnose(program: Command, version: string): void {
  program
    .command("diagnose", { isDefault: false })
    .description(
      "observe this host (or read logs), name the storm, who brings it back, whose program it is, what to do",
    )
    .option(
      "--from <file...>",
      "read these instead: audit logs (rotated, .gz), a folder of them, - for standard input, or a case",
    )
    .option("--root <dir>", "the file system that the logs' paths belong to (a mounted disk, / for this host)")
    .addOption(
      new Option("--duration <time>", "observe at most this long; ends sooner when the verdict is certain")
        .default(5, "5s")
        .argParser(seconds),
    )
    .addOption(
      new Option("--source <source>", "where to observe")
        .choices(["auto", "tracefs", "netlink", "proc"])
        .default("auto"),
    )
    .addOption(
      new Option("--format <format>", "how to print the result").choices(["terminal", "json"]).default("terminal"),
    )
    .option("--save <case>", "also keep the run in a new folder, to be diagnosed again anywhere with --from")
    .option("--no-redact", "with --save: keep arguments that look like passwords or tokens")
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(
      new Option("--lang <language>", "language of the report (default: from the environment)").choices([
        "en",
        "zh-CN",
      ]),
    )
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .option("-q, --quiet", "no progress on standard error")
    .option("-v, --verbose", "also show the evidence, the other storms and what spoke against the verdict")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks diagnose                                  observe this host for up to 5 s
  sudo whoforks diagnose --duration 30s --json            for a script
  whoforks diagnose --from /var/log/audit --root /        read this host's audit logs
  whoforks diagnose --from audit.log.1.gz --root /mnt     logs and disk of another host
  sudo whoforks diagnose --save web1.case                 and keep the run; elsewhere: diagnose --from web1.case

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (flags: DiagnoseFlags) => {
      const { diagnoseCommand } = await import("./diagnose.ts");
      process.exitCode = await diagnoseCommand(flags, version);
    });
}

function addRecord(program: Command, version: string): void {
  program
    .command("record")
    .description("observe this host and keep everything in a case folder, to be diagnosed later or elsewhere")
    .requiredOption("-o, --output <case>", "the folder to make; it must not be there yet")
    .addOption(new Option("--duration <time>", "observe this long").default(5, "5s").argParser(seconds))
    .addOption(new Option("--source <source>", "where to observe").choices(["auto", "tracefs", "proc"]).default("auto"))
    .option("--no-redact", "keep arguments that look like passwords or tokens")
    .option("-q, --quiet", "no progress on standard error")
    .addHelpText(
      "after",
      `
Example:
  sudo whoforks record -o web1.case --duration 30s        then, anywhere: whoforks diagnose --from web1.case

Exit codes: 0 recorded · 2 wrong usage · 3 the case is not complete · 4 recorded without privilege: nobody is named
            5 internal error · 130 interrupted; what was seen until then is kept`,
    )
    .action(async (flags: RecordFlags) => {
      const { recordCommand } = await import("./record.ts");
      process.exitCode = await recordCommand(flags, version);
    });
}

/** Options of `record` as commander hands them over. */
export interface RecordFlags {
  output: string;
  /** Seconds. */
  duration: number;
  source: "auto" | "tracefs" | "proc";
  redact: boolean;
  quiet?: boolean;
}

function addDoctor(program: Command, version: string): void {
  program
    .command("doctor")
    .description("tell what can be observed on this host, what is missing, and the command that would allow it")
    .option("--json", "the result as JSON")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(
      new Option("--lang <language>", "language of the report (default: from the environment)").choices([
        "en",
        "zh-CN",
      ]),
    )
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .addHelpText(
      "after",
      `
It only looks: nothing is mounted, switched on or changed.

Exit codes: 0 this host can be diagnosed live · 3 it cannot · 4 only root is missing`,
    )
    .action(async (flags: DoctorFlags) => {
      const { doctorCommand } = await import("./doctor.ts");
      process.exitCode = await doctorCommand(flags, version);
    });
}

/** Options of `doctor` as commander hands them over. */
export interface DoctorFlags {
  json?: boolean;
  output?: string;
  lang?: "en" | "zh-CN";
  color: boolean;
}

/** Options of `diagnose` as commander hands them over. */
export interface DiagnoseFlags {
  from?: string[];
  root?: string;
  /** Seconds. */
  duration: number;
  source: "auto" | "tracefs" | "netlink" | "proc";
  format: "terminal" | "json";
  save?: string;
  redact: boolean;
  json?: boolean;
  output?: string;
  lang?: "en" | "zh-CN";
  color: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** `5s`, `500ms`, `2m` or plain seconds; more than 0 and at most an hour. */
function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const unit = { ms: 1e-3, s: 1, m: 60 }[match?.[2] ?? "s"] as number;
  const value = Number(match?.[1]) * unit;
  if (match === null || value <= 0 || value > 3600)
    throw new InvalidArgumentError("give a time such as 500ms, 5s or 2m, at most 60m");
  return value;
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
