import type { Diagnosis } from "../diagnosis/result.ts";
import { jsonReport } from "../report/json.ts";
import { safe } from "../report/text/sanitise.ts";
import { chooseLanguage, type Language } from "../report/text/language.ts";
import { raisePriority } from "../platform/priority.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeAll, writeResult } from "./output.ts";
import type { DiagnoseFlags } from "./commands/diagnose.ts";
import { createProgress, type Progress } from "./progress.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks diagnose`: observes this host or reads files, prints the result, gives the exit code. */
export async function diagnoseCommand(flags: DiagnoseFlags, version: string): Promise<ExitCode> {
  if (flags.root !== undefined && flags.from === undefined) {
    throw new Failure("--root goes with --from: it says which file system the paths of a log belong to");
  }
  if (flags.save !== undefined && flags.from !== undefined)
    throw new Failure("--save keeps a live run: it does not go with --from");
  if (flags.threads !== undefined && flags.from === undefined)
    throw new Failure("--threads goes with --from: it is about reading logs");
  if (flags.with !== undefined && flags.from !== undefined)
    throw new Failure("--with is about a live run: it does not go with --from");
  const progress = createProgress(flags.quiet !== true);
  const answer = await (flags.from === undefined
    ? live(flags, version, progress)
    : recorded(flags, flags.from, version, progress));
  progress.clear();
  writeResult(await rendered(answer.diagnosis, flags), flags.output);
  return exitCodeOf(answer.diagnosis, answer.interrupted);
}

interface Answer {
  diagnosis: Diagnosis;
  interrupted: boolean;
}

async function live(flags: DiagnoseFlags, version: string, progress: Progress): Promise<Answer> {
  const signal = interruptSignal();
  // Before the rest is loaded, which alone takes a second where ten storms take their turns first; and not before an
  // interrupt is heard, which would leave it raised.
  raisePriority();
  const { diagnoseLive } = await import("./diagnose-live.ts");
  const { duration: seconds, source, with: companions = [] } = flags;
  const preload = (): Promise<unknown> => (asJson(flags) ? Promise.resolve() : import("../report/terminal.ts"));
  const options = { version, seconds, source, with: companions, signal, progress, preload };
  if (flags.save === undefined) return diagnoseLive(options);
  const { createKeeper, reportGaps } = await import("./keeper.ts");
  const answer = await diagnoseLive({ ...options, keeper: createKeeper(flags.save, flags.redact) });
  if (answer.saved !== null) reportGaps(answer.saved);
  return answer;
}

async function recorded(
  flags: DiagnoseFlags,
  from: readonly string[],
  version: string,
  progress: Progress,
): Promise<Answer> {
  const { isCase } = await import("../casefolder/is-case.ts");
  const { isPackedCase } = await import("../casefolder/is-packed-case.ts");
  const folder = from.find(isCase);
  const packed = folder === undefined ? await firstThat(from, isPackedCase) : undefined;
  const path = folder ?? packed;
  const signal = interruptSignal();
  if (path === undefined) {
    const { diagnoseFiles } = await import("./diagnose-files.ts");
    const early = { language: languageOf(flags), write: (line: string) => void writeAll(2, line) };
    const options = { version, from, root: flags.root ?? null, threads: flags.threads, signal, progress };
    return diagnoseFiles(flags.quiet === true ? options : { ...options, early });
  }
  if (from.length > 1) throw new Failure(`${safe(path)} is a case: it is diagnosed by itself`);
  if (flags.root !== undefined)
    throw new Failure("--root goes with logs: a case holds what was found in the files of its host");
  const { diagnoseCase } = await import("./diagnose-case.ts");
  if (packed === undefined) return diagnoseCase({ version, path, signal, progress });
  const { withUnpacked } = await import("./packed-case.ts");
  progress.show("unpacking the case …");
  return withUnpacked(packed, (unpacked) => diagnoseCase({ version, path: unpacked, signal, progress }));
}

async function firstThat(
  paths: readonly string[],
  is: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (await is(path)) return path;
  return undefined;
}

function asJson({ json, format }: DiagnoseFlags): boolean {
  return json === true || format === "json";
}

async function rendered(diagnosis: Diagnosis, flags: DiagnoseFlags): Promise<string> {
  if (asJson(flags)) return jsonReport(diagnosis);
  const { terminalReport } = await import("../report/terminal.ts");
  return terminalReport(diagnosis, reportOptions(flags));
}

function languageOf(flags: DiagnoseFlags): Language {
  return chooseLanguage({ ...(flags.lang === undefined ? {} : { flag: flags.lang }), env: process.env });
}
