import type { Command } from "commander";
import { languageOption } from "./shared.ts";

/** Adds `whoforks doctor` to the command line. */
export function addDoctor(program: Command, version: string): void {
  program
    .command("doctor")
    .description("tell what can be observed on this host, what is missing, and the command that would allow it")
    .option("--json", "the result as JSON")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(languageOption())
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .addHelpText(
      "after",
      `
It only looks: nothing is mounted, switched on or changed.

Exit codes: 0 this host can be diagnosed live · 3 it cannot · 4 only root is missing`,
    )
    .action(async (flags: DoctorFlags) => {
      const { doctorCommand } = await import("../doctor.ts");
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
