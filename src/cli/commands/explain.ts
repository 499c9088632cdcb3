import type { Command } from "commander";
import { languageOption } from "./shared.ts";

/** Adds `whoforks explain` to the command line. */
export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("say what a kind of storm is, how it is told from its neighbours and what to do, or what a code means")
    .argument("[code]", "a kind (zombie-accumulation) or a code of a result (verdict.crash-loop); without it: the list")
    .addOption(languageOption("text"))
    .option("-o, --output <file>", "write the text to a file instead of standard output")
    .action(async (code: string | undefined, flags: ExplainFlags) => {
      const { explainCommand } = await import("../explain.ts");
      process.exitCode = explainCommand(code, flags);
    });
}

/** Options of `explain` as commander hands them over. */
export interface ExplainFlags {
  lang?: "en" | "zh-CN";
  output?: string;
}
