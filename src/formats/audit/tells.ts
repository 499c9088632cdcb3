import type { Tells } from "../types.ts";
import { untold } from "../untold.ts";
import type { Tally } from "./tally.ts";

/** Rules for auditctl(8) that record what is missing. */
const EXIT_RULE = "auditctl -a always,exit -F arch=b64 -S exit,exit_group -k processes";
const EXEC_RULE = "auditctl -a always,exit -F arch=b64 -S execve,execveat -k processes";
const FORK_RULE = "auditctl -a always,exit -F arch=b64 -S fork,vfork,clone,clone3 -k processes";

const CPU = untold("cpu", "cpu.log-tells-none", "the records of this log have no CPU times", "sudo whoforks diagnose");
const LIFETIMES = untold("lifetimes", "lifetimes.log-tells-none", "no rule recorded exit and exit_group", EXIT_RULE);
const EXIT_STATUS = untold(
  "exitStatus",
  "exits.log-tells-none",
  "the evidence has no exit statuses, so a program that crashes cannot be told from one that ends",
  EXIT_RULE,
);
const HIDDEN_STATUS = untold(
  "exitStatus",
  "exits.interpreted-away",
  "ausearch -i writes UNKNOWN in place of every exit status but 0",
  "ausearch --raw > audit.log; whoforks diagnose --from audit.log",
);
const ARGV = untold("argv", "argv.log-tells-none", "no rule recorded execve", EXEC_RULE);
const LINEAGE = untold(
  "lineage",
  "lineage.log-tells-none",
  "no rule recorded fork, vfork, clone and clone3",
  FORK_RULE,
);

/** What a log tells, by what its rules recorded. Program and parent stand in every SYSCALL record. */
export function tellsOf(tally: Tally): Tells {
  return {
    programs: true,
    argv: tally.argv > 0 || ARGV,
    lineage: tally.forks > 0 || LINEAGE,
    reaper: true,
    exitStatus: tally.hiddenStatuses > 0 ? HIDDEN_STATUS : tally.exits + tally.abnormalEnds > 0 || EXIT_STATUS,
    lifetimes: tally.exits > 0 || LIFETIMES,
    cpu: CPU,
  };
}
