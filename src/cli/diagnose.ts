import type { Diagnosis } from "../diagnosis/result.ts";
import { jsonReport } from "../report/json.ts";
import { chooseLanguage } from "../report/text/language.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeResult } from "./output.ts";
import type { DiagnoseFlags } from "./program.ts";
import { createProgress } from "./progress.ts";
import { colourWanted, columnsOf, unicodeWanted } from "./terminal.ts";

/** `whoforks diagnose`: observes this host or reads files, prints the result, gives the exit code. */
export async function diagnoseCommand(flags: DiagnoseFlags, version: string): Promise<ExitCode> {
  if (flags.root !== undefined && flags.from === undefined) {
    throw new Failure("--root goes with --from: it says which file system the paths of a log belong to");
  }
  const signal = interruptSignal();
  const progress = createProgress(flags.quiet !== true);
  let answer: { diagnosis: Diagnosis; interrupted: boolean };
  if (flags.from === undefined) {
    const { diagnoseLive } = await import("./diagnose-live.ts");
    answer = await diagnoseLive({ version, seconds: flags.duration, source: flags.source, signal, progress });
  } else {
    const { diagnoseFiles } = await import("./diagnose-files.ts");
    answer = await diagnoseFiles({ version, from: flags.from, root: flags.root ?? null, signal, progress });
  }
  progress.clear();
  writeResult(await rendered(answer.diagnosis, flags), flags.output);
  return exitCodeOf(answer.diagnosis, answer.interrupted);
}

async function rendered(diagnosis: Diagnosis, flags: DiagnoseFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return jsonReport(diagnosis);
  const { terminalReport } = await import("../report/terminal.ts");
  const toTerminal = flags.output === undefined && process.stdout.isTTY;
  return terminalReport(diagnosis, {
    columns: columnsOf(toTerminal),
    colour: colourWanted(flags.color, toTerminal),
    lang: chooseLanguage({ ...(flags.lang === undefined ? {} : { flag: flags.lang }), env: process.env }),
    verbose: flags.verbose === true,
    unicode: unicodeWanted(process.env),
  });
}
