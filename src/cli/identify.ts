import { withArchive } from "../identity/evidence/archive-evidence.ts";
import { examiner, type Examiner } from "../identity/index.ts";
import { IDENTITIES_SCHEMA, type Identities, type IdentifiedFile, type NotLooked } from "../identity/result.ts";
import { openRoot, type Root } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import { safe } from "../report/text/sanitise.ts";
import type { FileRules } from "../rules/index.ts";
import type { IdentifyFlags } from "./commands/identify.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { addReference } from "./identify-reference.ts";
import { footingOfRoot } from "./footing.ts";
import { targetOf, type Target } from "./identify-target.ts";
import { Failure } from "./failure.ts";
import { writeResult } from "./output.ts";
import { createProgress } from "./progress.ts";
import { rawArguments } from "./raw-arguments.ts";
import { rootFolder } from "./root-folder.ts";
import { identified, ProcessPrograms, survey, withReasons } from "../survey/index.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks identify PATH|PID…`: judges each, prints the verdicts, gives the exit code. */
export async function identifyCommand(
  texts: readonly string[],
  flags: IdentifyFlags,
  version: string,
): Promise<ExitCode> {
  if (flags.from !== undefined) return fromCase(texts, flags.from, flags, version);
  const root = flags.root === undefined ? null : rootFolder(flags.root);
  if (flags.verifyPackages === true) {
    if (flags.rules !== undefined)
      throw new Failure("--rules is for files and for --all", "whoforks identify --all --rules FOLDER");
    return (await import("./verify-packages.ts")).verifyPackagesCommand(texts, root, flags, version);
  }
  if (flags.cache !== undefined) throw new Failure("--cache is for --verify-packages");
  const rules = flags.rules === undefined ? undefined : await openRules(flags.rules);
  try {
    if (flags.all === true) return await identifyEverything(texts, root, flags, version, rules);
    return await identifyTargets(texts, root, flags, version, rules);
  } finally {
    rules?.close();
  }
}

/** `whoforks identify --from CASE`: what a case holds. */
async function fromCase(
  texts: readonly string[],
  from: string,
  flags: IdentifyFlags,
  version: string,
): Promise<ExitCode> {
  const looks = [flags.root, flags.reference, flags.fetchReference, flags.rules, flags.cache, flags.verifyPackages];
  if (looks.some((one) => one !== undefined) || flags.all === true) {
    throw new Failure(
      "a case holds answers and no files: --from goes with names of files and numbers of processes alone",
      "whoforks identify --from web1.case /usr/bin/atd",
    );
  }
  const { identitiesOfCase } = await import("./identify-case.ts");
  const result = await identitiesOfCase(from, rawArguments(texts), version);
  writeResult(await rendered(result, flags), flags.output);
  return exitCodeOf(result);
}

async function openRules(folder: string): Promise<FileRules> {
  const host = openRoot("/");
  const [given = folder] = rawArguments([folder]);
  const target = targetOf(given.startsWith("/") ? given : `./${given}`, host);
  const { FileRules: Rules } = await import("../rules/index.ts");
  const rules = "path" in target ? await Rules.open(host, target.path) : null;
  if (rules === null) throw new Failure(`there is no folder ${safe(given)}`, "--rules takes a folder of .yar files");
  return rules;
}

async function identifyTargets(
  texts: readonly string[],
  root: Root | null,
  flags: IdentifyFlags,
  version: string,
  rules: FileRules | undefined,
): Promise<ExitCode> {
  if (texts.length === 0) {
    throw new Failure("nothing to identify", "name a file or a process, or --all: whoforks identify /usr/sbin/atd");
  }
  const targets = rawArguments(texts).map((text) => targetOf(text, root));
  const files = examiner(root ?? openRoot("/"));
  const answers = await identifyAll(targets, root ?? openRoot("/"), files, rules);
  if (flags.reference !== undefined || flags.fetchReference === true) await addReference(answers, root, files, flags);
  const result: Identities = {
    schema: IDENTITIES_SCHEMA,
    tool: { name: "whoforks", version },
    identities: answers.filter((answer) => "verdict" in answer),
    couldNotLook: [...answers.filter((answer) => "what" in answer), ...(rules?.gaps ?? [])],
    footing: await footingOfRoot(root ?? openRoot("/"), files),
    ...(rules === undefined ? {} : { rules: rules.account }),
  };
  writeResult(await rendered(result, flags), flags.output);
  return exitCodeOf(result);
}

/** `whoforks identify --all`: everything that the root could start. */
async function identifyEverything(
  texts: readonly string[],
  root: Root | null,
  flags: IdentifyFlags,
  version: string,
  rules: FileRules | undefined,
): Promise<ExitCode> {
  if (flags.reference !== undefined || flags.fetchReference === true) {
    throw new Failure(
      "a reference is for one file, not for --all",
      "whoforks identify --reference at.deb /usr/bin/atd",
    );
  }
  if (texts.length > 0) throw new Failure("--all takes no paths and no processes", "whoforks identify --all");
  const progress = createProgress(flags.quiet !== true);
  const files = examiner(root ?? openRoot("/"));
  const everything = await survey(root ?? openRoot("/"), {
    examiner: files,
    ...(rules === undefined ? {} : { rules }),
    live: root === null || root.dir === "/",
    everywhere: flags.everywhere === true,
    searching: (directories) => progress.show(`looking for set-id programs … ${directories} folders`),
    progress: (done, of) => progress.show(`looking at programs … ${done} of ${of}`),
  });
  const footing = await footingOfRoot(root ?? openRoot("/"), files);
  progress.clear();
  const tool = { name: "whoforks", version } as const;
  const result: Identities = { schema: IDENTITIES_SCHEMA, tool, ...everything, footing };
  if (rules !== undefined) {
    result.rules = rules.account;
    result.couldNotLook.push(...rules.gaps);
  }
  writeResult(await rendered(result, flags), flags.output);
  return exitCodeOf(result);
}

async function identifyAll(
  targets: readonly Target[],
  root: Root,
  files: Examiner,
  rules: FileRules | undefined,
): Promise<(IdentifiedFile | NotLooked)[]> {
  const programs = new ProcessPrograms(root.dir === "/" ? files : null, rules);
  const answers: (IdentifiedFile | NotLooked)[] = [];
  for (const target of targets) {
    if ("pid" in target) {
      answers.push(await programs.identify(target.pid));
      continue;
    }
    const identity = files.identify(target.path);
    // What is not there and belongs to nobody is a question that cannot be answered.
    const missing = identity.reasons.some(({ code, weight }) => code === "identity.file-missing" && weight === "weak");
    const { path } = target;
    if (missing) answers.push({ what: path, code: "identify.no-file", args: { path }, error: "ENOENT" });
    else {
      const weighed = await withArchive(root, identity, true);
      const { chain } = weighed;
      const matches = (await rules?.matches(root, path)) ?? [];
      const judged = withReasons(root, identified(root, weighed.identity, null), matches);
      answers.push({ ...judged, ...(chain === null ? {} : { chain }) });
    }
  }
  return answers;
}

function exitCodeOf({ identities, couldNotLook, footing }: Identities): ExitCode {
  if (footing?.findings.some(({ weight }) => weight === "strong") === true) return EXIT.problemFound;
  if (identities.some(({ concern }) => concern === "problem")) return EXIT.problemFound;
  const codes = couldNotLook.map(({ code }) => code);
  if (codes.some((code) => code === "identify.no-file" || code === "identify.no-process")) return EXIT.usage;
  const refused = identities.some(({ reasons }) => reasons.some(isRefusal));
  if (codes.includes("identify.no-permission") || refused) return EXIT.noPrivilege;
  if (codes.length > 0 || identities.some(({ concern }) => concern === "unsure")) return EXIT.inconclusive;
  return EXIT.nothingWrong;
}

function isRefusal({ code, args }: IdentifiedFile["reasons"][number]): boolean {
  return code === "identity.cannot-read" && (args["error"] === "EACCES" || args["error"] === "EPERM");
}

async function rendered(result: Identities, flags: IdentifyFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return jsonReport(result);
  const options = reportOptions(flags);
  if (flags.all === true) return (await import("../report/survey.ts")).surveyReport(result, options);
  return (await import("../report/identities.ts")).identitiesReport(result, options);
}
