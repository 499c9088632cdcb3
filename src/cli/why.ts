import { livingProcess } from "../capture/calls/living.ts";
import { environmentOf } from "../capture/procfs/environment.ts";
import { isHere } from "../diagnosis/lookup.ts";
import { mountNamespaceOf } from "../platform/namespace.ts";
import { openRoot, type Root } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import { NAMES_OF_JOBS, why, type Sight } from "../why/answer.ts";
import { questionOf } from "../why/question.ts";
import type { Question, Why } from "../why/result.ts";
import type { WhyFlags } from "./commands/why.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { writeResult } from "./output.ts";
import { rawArguments, workingDirectory } from "./raw-arguments.ts";
import { rootFolder } from "./root-folder.ts";
import { reportOptions } from "./terminal.ts";

/** `whoforks why`: says what starts a process, a program or a unit, prints it, gives the exit code. */
export async function whyCommand(word: string, flags: WhyFlags, version: string): Promise<ExitCode> {
  if (word === "") throw new Failure("name a process, a unit or a program", "whoforks why /usr/bin/atd");
  const root = rootFolder(flags.root ?? "/");
  // A root of its own has no processes: its numbers would be those of this host.
  const sight = root.dir === "/" ? sightOf(root) : null;
  const [asked = word] = rawArguments([word]);
  const question = questionOf(asked, workingDirectory());
  if (question.kind === "process") checkProcess(question, sight);
  const answer = await why({ version, asked, question, root, sight });
  writeResult(await rendered(answer, flags), flags.output);
  return exitCode(answer);
}

function checkProcess({ pid }: Question & { kind: "process" }, sight: Sight | null): void {
  if (sight === null)
    throw new Failure(
      `${pid} is a number of a process, and --root names files`,
      "give a unit or the path of a program; a unit whose name is a number is SUPERVISOR:UNIT",
    );
  if (sight.facts(pid) === null)
    throw new Failure(
      `there is no process ${pid}`,
      "of a program that is dead by now give the path: whoforks why /usr/bin/atd; what dies all the time shows in `whoforks diagnose`",
    );
}

function sightOf(host: Root): Sight {
  const here = {
    mountNamespace: mountNamespaceOf("self"),
    rootMount: livingProcess(process.pid)?.rootMount ?? null,
  };
  return {
    facts: livingProcess,
    environment: (pid) => environmentOf(pid, NAMES_OF_JOBS),
    rootOf(living) {
      const dir = isHere(living, here) ? (living.root ?? "/") : `/proc/${living.pid}/root`;
      if (dir === "/") return host;
      try {
        return openRoot(dir);
      } catch {
        // Gone, or not permitted: the next forebear may be seen.
        return null;
      }
    },
  };
}

/** What could not be read for want of rights makes "nothing starts it" no answer. */
function exitCode({ verdict, couldNotLook }: Why): ExitCode {
  if (verdict.outcome === "found") return EXIT.nothingWrong;
  return couldNotLook.some(({ code }) => code === "why.not-permitted") ? EXIT.noPrivilege : EXIT.inconclusive;
}

async function rendered(answer: Why, flags: WhyFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return jsonReport(answer);
  const { whyReport } = await import("../report/why.ts");
  return whyReport(answer, reportOptions(flags));
}
