import { examiner } from "../identity/index.ts";
import { originOf, type Origin } from "../origin/index.ts";
import type { Untrusted } from "../model/text.ts";
import { openRoot } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import type { OriginFlags } from "./commands/origin.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { footingOfRoot } from "./footing.ts";
import { Failure } from "./failure.ts";
import { targetOf } from "./identify-target.ts";
import { writeResult } from "./output.ts";
import { createProgress } from "./progress.ts";
import { rawArguments } from "./raw-arguments.ts";
import { rootFolder } from "./root-folder.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks origin PATH`: looks where a file came from, prints it, gives the exit code. */
export async function originCommand(text: string, flags: OriginFlags, version: string): Promise<ExitCode> {
  const [asked = text] = rawArguments([text]);
  if (flags.from !== undefined) return fromCase(asked, flags.from, flags, version);
  const root = flags.root === undefined ? null : rootFolder(flags.root);
  const target = targetOf(asked, root);
  if ("pid" in target)
    throw new Failure(
      `${target.pid} is a number of a process, and origin asks about a file`,
      `its program: whoforks origin "$(readlink /proc/${target.pid}/exe)"; a file with this name: ./${target.pid}`,
    );
  const progress = createProgress(flags.quiet !== true);
  const where = root ?? openRoot("/");
  const files = examiner(where);
  progress.show("looking at what this tool stands on …");
  const footing = await footingOfRoot(where, files);
  const origin = await originOf({
    version,
    root: where,
    examiner: files,
    footing,
    path: target.path,
    around: flags.around,
    live: where.dir === "/",
    histories: flags.histories === true,
    now: Date.now(),
    progress: (source) => progress.show(`looking into ${source} …`),
  });
  progress.clear();
  writeResult(await rendered(origin, flags), flags.output);
  return exitCodeOf(origin);
}

async function fromCase(path: Untrusted, from: string, flags: OriginFlags, version: string): Promise<ExitCode> {
  if (flags.root !== undefined || flags.histories === true) {
    throw new Failure("--root and --histories look into a file system, which a case does not hold");
  }
  const { originOfCase } = await import("./origin-case.ts");
  const origin = await originOfCase({ version, from, path, around: flags.around });
  writeResult(await rendered(origin, flags), flags.output);
  return exitCodeOf(origin);
}

/** A strong sign is a problem whatever else is known; a file of a package with nothing against it is in order. */
function exitCodeOf({ verdict, signs, identity, couldNotLook, footing }: Origin): ExitCode {
  const refused = couldNotLook.some(({ code, why }) => code === "origin.unreadable" && /^E(?:ACCES|PERM)\b/.test(why));
  if (verdict.outcome === "no-file") return refused ? EXIT.noPrivilege : EXIT.usage;
  const bad = identity?.verdict === "impostor" || identity?.verdict === "modified";
  const altered = footing?.findings.some(({ weight }) => weight === "strong") === true;
  if (bad || altered || signs.some(({ weight }) => weight === "strong")) return EXIT.problemFound;
  if (verdict.outcome === "arrived-by") return EXIT.nothingWrong;
  return refused ? EXIT.noPrivilege : EXIT.inconclusive;
}

async function rendered(origin: Origin, flags: OriginFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return jsonReport(origin);
  const { originReport } = await import("../report/origin.ts");
  return originReport(origin, reportOptions(flags));
}
