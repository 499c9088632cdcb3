import { AuditEventReader, type EventCounts } from "../formats/audit/events/reader.ts";
import { loadCallNames } from "../formats/audit/events/calls.ts";
import { namesFrom, NO_NAMES, readNames, type KnownNames } from "../formats/audit/events/names.ts";
import { readInputs, type InputStream } from "../formats/input.ts";
import type { StreamReading } from "../formats/types.ts";
import { safe } from "../report/text/sanitise.ts";
import type { EventsFlags } from "./commands/events.ts";
import { account } from "./event-account.ts";
import { eventFilter, type EventFilter } from "./event-filter.ts";
import { auditLine, processLine } from "./event-json.ts";
import { LineOutput } from "./event-lines.ts";
import type { CaseRead } from "./events-case.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { writeAll } from "./output.ts";
import { rootFolder } from "./root-folder.ts";
import { nothingUsable } from "./unusable.ts";

/** How often a log on standard input that is still written is looked through for events that are whole, ms. */
const LOOK_EVERY = 100;

/** `whoforks events`: prints the events of logs as NDJSON, and how complete they are on standard error. */
export async function eventsCommand(flags: EventsFlags): Promise<ExitCode> {
  const reading = { names: namesFrom(namesOf(flags.root)), calls: await loadCallNames() };
  const filter = eventFilter(flags);
  const interrupted = interruptSignal();
  const readerGone = new AbortController();
  const output = new LineOutput(flags.output, () => readerGone.abort());
  let printed = 0;
  const print = (line: string): void => {
    if (output.broken) return;
    printed++;
    output.write(line);
  };
  const counts = new Map<StreamReading["ledger"], EventCounts>();
  const readers: AuditEventReader[] = [];
  const looking = flags.from.includes("-")
    ? setInterval(() => {
        for (const reader of readers) reader.tellQuiet();
        output.flush();
      }, LOOK_EVERY)
    : undefined;
  try {
    const signal = AbortSignal.any([interrupted, readerGone.signal]);
    const cases = await printCases(flags.from, filter, print, signal);
    const input = await readInputs(cases.others, {
      onStream: (stream) => refuseFilters(stream, filter),
      open(format) {
        if (format.id !== "audit") return null;
        const reader = new AuditEventReader(
          (event) => {
            if (filter.audit(event)) print(auditLine(event));
          },
          reading,
          (held) => filter.held(held),
        );
        readers.push(reader);
        return reader;
      },
      sinkOf(stream, host) {
        const wanted = filter.processes();
        return (event) => {
          if (wanted(event)) print(processLine(event, stream, host));
        };
      },
      signal,
    });
    output.close();
    for (const reader of readers) counts.set(reader.ledger, reader.counts());
    if (input.streams.length === 0 && cases.read.length === 0 && !input.aborted)
      throw nothingUsable(input.unusable, "no events to print", "whoforks events --from /var/log/audit");
    if (output.broken) return EXIT.nothingWrong;
    if (flags.quiet !== true)
      writeAll(2, cases.read.map((one) => one.account).join("") + account(input, counts, printed));
    if (interrupted.aborted) return EXIT.interrupted;
    if (cases.read.some(({ whole }) => !whole)) return EXIT.inconclusive;
    return input.unusable.some(({ reason }) => reason !== "empty" && reason !== "unrecognised" && reason !== "special")
      ? EXIT.inconclusive
      : EXIT.nothingWrong;
  } finally {
    clearInterval(looking);
  }
}

/** Prints the cases among the names. @returns their account, one for each */
async function printCases(
  from: readonly string[],
  filter: EventFilter,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<{ read: CaseRead[]; others: string[] }> {
  const read: CaseRead[] = [];
  const others: string[] = [];
  const { isCase } = await import("../casefolder/is-case.ts");
  const { isPackedCase } = await import("../casefolder/is-packed-case.ts");
  for (const path of from) {
    const folder = isCase(path);
    if (!folder && (path === "-" || !(await isPackedCase(path)))) {
      others.push(path);
      continue;
    }
    refuseFilters({ format: "case", name: path }, filter);
    const { printCase } = await import("./events-case.ts");
    const reading = { wanted: filter.processes(), print, aborted: () => signal.aborted };
    if (folder) read.push(await printCase(path, path, reading));
    else {
      const { withUnpacked } = await import("./packed-case.ts");
      read.push(await withUnpacked(path, (unpacked) => printCase(unpacked, path, reading)));
    }
  }
  return { read, others };
}

/** Names of users and groups of the host that made the log; never of the one that reads it. */
function namesOf(dir: string | undefined): KnownNames {
  if (dir === undefined) return NO_NAMES;
  const root = rootFolder(dir);
  const read = (path: string): KnownNames["users"] => readNames(root.read(path) ?? new Uint8Array());
  return { users: read("/etc/passwd"), groups: read("/etc/group") };
}

function refuseFilters(stream: Pick<InputStream, "format" | "name">, filter: EventFilter): void {
  if (stream.format === "audit" || filter.auditOnly.length === 0) return;
  throw new Failure(
    `${filter.auditOnly.join(", ")} cannot be answered by ${safe(stream.name)}, which is ${stream.format === "case" ? "a case" : stream.format}`,
    "these filters need audit records; --exe and --pid work with every log",
  );
}
