import { Option, type Command } from "commander";
import {
  EXIT_CODES,
  seconds,
  sourceOption,
  threads,
  withOption,
  withReportOptions,
  type ObservingFlags,
  type ReportFlags,
} from "./shared.ts";

/** Adds `whoforks diagnose` to the command line. */
export function addDiagnose(program: Command, version: string): void {
  withReportOptions(
    program
      .command("diagnose", { isDefault: false })
      .description(
        "observe this host (or read logs), name the storm, who brings it back, whose program it is, what to do",
      )
      .option(
        "--from <file...>",
        "read these instead: audit logs (rotated, .gz), logs or -c tables of strace and ltrace, trace.dat of trace-cmd, text of kernel traces (tracefs, trace-cmd report, perf script), output of forkstat, execsnoop, exitsnoop, pidstat and atop -P, process accounting, a folder of them, - for standard input, or a case (also packed, .tar.gz)",
      )
      .option("--root <dir>", "the file system that the logs' paths belong to (a mounted disk, / for this host)")
      .option(
        "--threads <n>",
        "threads that read logs (default: as many as there are CPUs, and one where the logs are small)",
        threads,
      )
      .addOption(
        new Option("--duration <time>", "observe at most this long; ends sooner when the verdict is certain")
          .default(5, "5s")
          .argParser(seconds),
      )
      .addOption(sourceOption())
      .addOption(withOption())
      .option(
        "--save <case>",
        "also keep the run in a new folder, or one file (.tar.gz, .tgz), to be diagnosed again anywhere with --from",
      )
      .option("--no-redact", "with --save: keep arguments that look like passwords or tokens"),
  )
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
  tail -F audit.log | whoforks diagnose --from -          a log that is still written: told as it comes
  whoforks diagnose --from trace.dat                      what trace-cmd record wrote
  sudo whoforks diagnose --with audit                     and the arguments of every exec, by audit rules for a while
  whoforks diagnose --from /var/log/account/pacct         process accounting (accton)
  whoforks diagnose --from trace.txt                      text of tracefs, of trace-cmd report or perf script
  whoforks diagnose --from strace.log                     strace or ltrace, any options; what such a log can tell: docs/logs.md
  sudo whoforks diagnose --save web1.case                 and keep the run; elsewhere: diagnose --from web1.case
  sudo whoforks diagnose --save web1.tar.gz               the same, packed into one file

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (flags: DiagnoseFlags) => {
      const { diagnoseCommand } = await import("../diagnose.ts");
      process.exitCode = await diagnoseCommand(flags, version);
    });
}

/** Options of `diagnose` as commander hands them over. */
export interface DiagnoseFlags extends ObservingFlags, ReportFlags {
  from?: string[];
  root?: string;
  threads?: number;
  /** Seconds. */
  duration: number;
  save?: string;
  redact: boolean;
  quiet?: boolean;
  verbose?: boolean;
}
