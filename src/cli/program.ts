import { addBehave } from "./commands/behave.ts";
import { addCollect } from "./commands/collect.ts";
import { addDiagnose } from "./commands/diagnose.ts";
import { addEvents } from "./commands/events.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExplain } from "./commands/explain.ts";
import { addIdentify } from "./commands/identify.ts";
import { addOrigin } from "./commands/origin.ts";
import { addQuarantine, addRestore } from "./commands/quarantine.ts";
import { addProve } from "./commands/prove.ts";
import { addRecord } from "./commands/record.ts";
import { addTop } from "./commands/top.ts";
import { addWhy } from "./commands/why.ts";
import { runOneOf } from "./run.ts";

/** Every command, in the order of `--help`. What one does is loaded when it runs. */
const COMMANDS = [
  addDiagnose,
  addRecord,
  addEvents,
  addTop,
  addWhy,
  addIdentify,
  addOrigin,
  addBehave,
  addQuarantine,
  addRestore,
  addProve,
  addCollect,
  addDoctor,
  addExplain,
];

/** Parses the command line, runs the command and ends the process with its exit code. */
export function run(argv: readonly string[], version: string): Promise<void> {
  return runOneOf(COMMANDS, argv, version);
}
