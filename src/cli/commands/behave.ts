import { Option, type Command } from "commander";
import { EXIT_CODES, seconds, withReportOptions, type ReportFlags } from "./shared.ts";

/** Adds `whoforks behave` to the command line. */
export function addBehave(program: Command, version: string): void {
  withReportOptions(
    program
      .command("behave")
      .argument("[target]", "a process id, or a storm of this host as diagnose numbers them: storm-1, the worst")
      .description("tell which system and library calls a program makes, and whether each generation repeats them")
      .addOption(new Option("--for <time>", "record calls this long").default(1, "1s").argParser(seconds))
      .addOption(
        new Option(
          "--with <way>",
          "tracepoints: system calls; uprobes: library calls; strace, ltrace: the same by ptrace (default: tracepoints and uprobes)",
        ).choices(["tracepoints", "uprobes", "strace", "ltrace"]),
      ),
  )
    .option("-q, --quiet", "no progress on standard error")
    .option("-v, --verbose", "also show every call and every program")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks behave                        the worst storm of this host: looks for it first
  sudo whoforks behave 812 --for 3s           one process and all that it starts
  sudo whoforks behave --json                 for a script: docs/behave.md
  sudo whoforks behave 812 --with strace      by the real strace, with its ptrace

Tracepoints and uprobes stop nobody. strace and ltrace do: the process is slowed down while they are attached.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (target: string | undefined, flags: BehaveFlags) => {
      const { behaveCommand } = await import("../behave.ts");
      process.exitCode = await behaveCommand(target, flags, version);
    });
}

/** Options of `behave` as commander hands them over. */
export interface BehaveFlags extends ReportFlags {
  /** Seconds. */
  for: number;
  with?: "tracepoints" | "uprobes" | "strace" | "ltrace";
  quiet?: boolean;
  verbose?: boolean;
}
