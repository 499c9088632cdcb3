import { examine } from "../capture/doctor.ts";
import { examiner } from "../identity/index.ts";
import type { Examination } from "../model/doctor.ts";
import type { Footing } from "../model/footing.ts";
import { openRoot } from "../platform/root.ts";
import { jsonReport } from "../report/json.ts";
import { chooseLanguage } from "../report/text/language.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { ownFooting } from "./footing.ts";
import { writeResult } from "./output.ts";
import type { DoctorFlags } from "./commands/doctor.ts";
import { colourWanted, columnsOf, unicodeWanted } from "./terminal.ts";

const EXIT_OF: Record<Examination["live"], ExitCode> = {
  yes: EXIT.nothingWrong,
  "root-missing": EXIT.noPrivilege,
  no: EXIT.inconclusive,
};

/** `whoforks doctor`: looks at what can be observed here, prints it, gives the exit code. */
export async function doctorCommand(flags: DoctorFlags, version: string): Promise<ExitCode> {
  const examination = examine();
  const footing = await ownFooting(examiner(openRoot("/")));
  writeResult(await rendered(examination, footing, flags, version), flags.output);
  return EXIT_OF[examination.live];
}

async function rendered(
  examination: Examination,
  footing: Footing,
  flags: DoctorFlags,
  version: string,
): Promise<string> {
  if (flags.json === true)
    return jsonReport({ schema: "whoforks/doctor/1", tool: { name: "whoforks", version }, ...examination, footing });
  const { doctorReport } = await import("../report/doctor.ts");
  const toTerminal = flags.output === undefined && process.stdout.isTTY;
  return doctorReport(examination, footing, {
    columns: columnsOf(toTerminal),
    colour: colourWanted(flags.color, toTerminal),
    lang: chooseLanguage({ ...(flags.lang === undefined ? {} : { flag: flags.lang }), env: process.env }),
    unicode: unicodeWanted(process.env),
  });
}
