import { InvalidArgumentError, type Command } from "commander";
import { timePoint } from "../time-point.ts";
import { EXIT_CODES } from "./shared.ts";

/** Adds `whoforks events` to the command line. */
export function addEvents(program: Command): void {
  program
    .command("events")
    .description("print the events of a log, each put together from its records and understood, one JSON object a line")
    .requiredOption(
      "--from <file...>",
      "audit logs (rotated, packed, enriched, from syslog, the journal or ausearch -i), logs of strace and ltrace, trace.dat, a case, a folder of logs, - for standard input",
    )
    .option("--exe <path>", "only of this program: a path, or a name without folder")
    .option("--pid <pid...>", "only of these processes", pids)
    .option("--key <key>", "only those that a rule with this key recorded")
    .option("--syscall <name...>", "only these system calls, by name or number")
    .option("--since <time>", "only from this time on: see below", timePoint)
    .option("--until <time>", "only up to this time", timePoint)
    .option("--root <dir>", "the file system of the host that made the log, for the names of its users and groups")
    .option("-o, --output <file>", "write to a file instead of standard output")
    .option("-q, --quiet", "nothing on standard error but errors")
    .addHelpText(
      "after",
      `
Filters are combined by "and". Times are in UTC unless they say otherwise: 2026-11-25T02:15:00Z, 2026-11-25T03:15+01:00,
2026-11-25, 02:15 or 02:15:30 (today), 1795573107 (seconds since 1970), -10min, -2h (before now), today, yesterday.

Examples:
  whoforks events --from /var/log/audit --syscall execve --since -10min     what was executed just now
  whoforks events --from audit.log --exe atd | jq -r .argv                  how one program was started
  tail -F /var/log/audit/audit.log | whoforks events --from -               as they happen
  whoforks events --from audit.log.1.gz --root /mnt                         with the user names of the disk in /mnt

The fields are told in docs/events.md. How complete the log is comes on standard error at the end.

Exit codes: ${EXIT_CODES}`,
    )
    .action(async (flags: EventsFlags) => {
      const { eventsCommand } = await import("../events.ts");
      process.exitCode = await eventsCommand(flags);
    });
}

function pids(text: string, before: number[] | undefined): number[] {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("give the number of a process, such as 812");
  return [...(before ?? []), Number(text)];
}

/** Options of `events` as commander hands them over. */
export interface EventsFlags {
  from: string[];
  exe?: string;
  pid?: number[];
  key?: string;
  syscall?: string[];
  /** Milliseconds since 1970. */
  since?: number;
  until?: number;
  root?: string;
  output?: string;
  quiet?: boolean;
}
