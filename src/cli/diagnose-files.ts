import { joinDerived } from "../derive/index.ts";
import { diagnose } from "../diagnosis/index.ts";
import { createLookup } from "../diagnosis/lookup.ts";
import type { Diagnosis } from "../diagnosis/result.ts";
import { readInputs, type InputReading } from "../formats/input.ts";
import type { Question, StreamReading } from "../formats/types.ts";
import type { Group } from "../align/streams.ts";
import { safe } from "../report/text/sanitise.ts";
import type { Language } from "../report/text/language.ts";
import { ownCost } from "./cost.ts";
import { hostOfRoot } from "./host-of-root.ts";
import { LiveReaders } from "./live-readers.ts";
import type { Progress } from "./progress.ts";
import { clockNote, contradictionsOf, ToldStreams } from "./told-streams.ts";
import { nothingUsable, whyUnusable } from "./unusable.ts";

export interface FileOptions {
  version: string;
  from: readonly string[];
  /** The file system that the logs' paths belong to; null: none was given. */
  root: string | null;
  signal: AbortSignal;
  progress: Progress;
  /** As `ReadOptions`. */
  threads?: number | undefined;
  /** Gets a line about each storm that shows while a log on standard input is still written; absent: nobody wants to know. */
  early?: { language: Language; write: (line: string) => void };
}

/** Reads logs and diagnoses what they tell. Throws `Failure` when none of them could be used. */
export async function diagnoseFiles(options: FileOptions): Promise<{ diagnosis: Diagnosis; interrupted: boolean }> {
  const host = options.root === null ? null : hostOfRoot(options.root);
  const told = new ToldStreams();
  const live = new LiveReaders();
  const early =
    options.early === undefined || !options.from.includes("-")
      ? null
      : (await import("./early-words.ts")).tellEarly(
          () => told.peek(),
          () => live.handOn(),
          options.early.language,
          options.early.write,
        );
  const input = await readInputs(options.from, {
    sinkOf: (stream, host) => told.sinkOf(stream, host),
    progress: progressOf(options.progress),
    signal: options.signal,
    threads: options.threads,
    ...(early === null ? {} : { open: (format, sinkOf) => live.open(format, sinkOf) }),
  }).finally(() => early?.stop());
  options.progress.clear();
  if (input.streams.length === 0 && !input.aborted)
    throw nothingUsable(input.unusable, "nothing to diagnose", "whoforks diagnose --from /var/log/audit");
  const groups = told.groups(input.streams);
  const parts = groups.map(({ derived }) => derived);
  const readings = input.streams.map((s) => s.reading);
  const together = readingsOf(groups, input);
  // Of streams that tell of the same processes one that answers is enough.
  const knows = (question: Question): boolean =>
    together.every((group) => group.some(({ tells }) => tells[question] === true));
  const withoutStatus = together
    .filter((group) => group.every(({ tells }) => tells.exitStatus !== true))
    .map((group) => group[0]?.tells.exitStatus)
    .find((answer) => answer !== true);
  const stamp = stampOf(leading(groups, input));
  const first = readings[0];
  const of = readings.length === 1 ? first?.host : undefined;
  const logged = [...new Set(readings.flatMap((reading) => reading.hosts))];
  const diagnosis = await diagnose({
    version: options.version,
    host: {
      hostname: logged.length > 1 ? null : (logged[0] ?? host?.hostname ?? null),
      kernel: of?.kernel ?? null,
      machine: of?.machine ?? null,
      os: host?.os ?? null,
      cpus: of?.cpus ?? null,
      bootedAt: null,
    },
    window: windowOf(leading(groups, input)),
    sources: input.streams.map(({ stream, reading }) => ({
      ...reading.ledger,
      path: stream.name,
      ...noteOf(reading, clockNote(groups, stream.name)),
    })),
    derived: joinDerived(parts),
    parts,
    known: {
      exitStatus: withoutStatus ?? true,
      lineage: knows("lineage"),
      lifetimes: knows("lifetimes"),
      ...(typeof stamp.stampNs === "number" ? { tickNs: stamp.stampNs } : {}),
    },
    live: null,
    remarks: readings.flatMap((reading) => reading.remarks),
    couldNotLook: [...gapsOf(input, together), ...contradictionsOf(groups)],
    ...stamp,
    lookup: createLookup({ root: options.root, processes: null, ownMountNamespace: null }),
    countersOnly: null,
    interrupted: input.aborted,
    cost: ownCost,
  });
  return { diagnosis, interrupted: input.aborted };
}

/** The coarsest clock of all streams; null when one has no times. */
function stampOf(readings: readonly StreamReading[]): { stampNs?: number | null } {
  const told = readings.map(({ stampNs }) => stampNs).filter((stamp) => stamp !== undefined);
  if (told.length === 0) return {};
  return { stampNs: told.includes(null) ? null : Math.max(...told.map(Number)) };
}

/** The readings of streams whose sums stand: others may begin before them or go on after them, by coarser clocks. */
function leading(groups: readonly Group[], { streams }: InputReading): StreamReading[] {
  const leaders = new Set(groups.map(({ leader }) => leader.file));
  const chosen = streams.filter(({ stream }) => leaders.size === 0 || leaders.has(stream.name));
  return chosen.map(({ reading }) => reading);
}

function windowOf(readings: readonly StreamReading[]): { startEpochMs: number | null; seconds: number } {
  return {
    startEpochMs: readings[0]?.originEpochMs ?? null,
    seconds: Math.max(0, ...readings.map(({ seconds }) => seconds)),
  };
}

/** The readings of each group of streams that tell of the same processes; one whose streams told nothing is a group too. */
function readingsOf(groups: readonly Group[], { streams }: InputReading): StreamReading[][] {
  const left = new Set(streams);
  const together = groups.map(({ leader, others }) => {
    const files = new Set([leader.file, ...others.map((other) => other.told.file)]);
    return streams
      .filter(({ stream }) => files.has(stream.name))
      .map((one) => {
        left.delete(one);
        return one.reading;
      });
  });
  return [...together, ...[...left].map(({ reading }) => [reading])];
}

function noteOf(reading: StreamReading, clock: string | null): { note?: string } {
  const hosts = hostsNote(reading).note ?? reading.ledger.note;
  const parts = [hosts, clock].filter((part) => part !== undefined && part !== null);
  return parts.length === 0 ? {} : { note: parts.join("; ") };
}

/** With several hosts, their names (in the order in which they came) go before what the account says. */
function hostsNote({ ledger, hosts, remarks }: StreamReading): { note?: string } {
  if (!remarks.some((remark) => remark.code === "audit.several-hosts")) return {};
  const names = hosts.slice(0, 8).map((name) => safe(name));
  const note = `records of several hosts, each judged for itself: ${names.join(", ")}${hosts.length > 8 ? ", …" : ""}`;
  return { note: ledger.note === undefined ? note : `${note}; ${ledger.note}` };
}

/** Shows bytes, rate and time left once reading takes longer than a second. */
function progressOf(progress: Progress): (done: number, total: number) => void {
  const started = process.hrtime.bigint();
  let shown = 0;
  return (done, total) => {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (seconds < 1 || seconds - shown < 0.2) return;
    shown = seconds;
    const rate = done / seconds;
    const left = total > done ? `, ${Math.ceil((total - done) / rate)} s left` : "";
    progress.show(`reading … ${megabytes(done)} of ${megabytes(total)}, ${megabytes(rate)}/s${left}`);
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

function isTold(question: Question, group: readonly StreamReading[]): boolean {
  return group.some(({ tells }) => tells[question] === true);
}

/** What the logs cannot tell, and which of them could not be used. */
function gapsOf(
  { streams, unusable, aborted, bytes }: InputReading,
  together: readonly (readonly StreamReading[])[],
): Diagnosis["couldNotLook"] {
  const gaps: Diagnosis["couldNotLook"] = unusable.map((input) => ({
    code: `input.${input.reason}`,
    what: input.path,
    why: whyUnusable(input),
    remedy: input.remedy,
  }));
  if (aborted)
    gaps.push({
      code: "input.interrupted",
      what: "what the rest of the logs says",
      why: `interrupted after ${megabytes(bytes.read)} of ${megabytes(bytes.total)}`,
      remedy: null,
    });
  for (const group of together)
    for (const reading of group)
      // Missing exit statuses are the detectors' to name: they matter only where there is something to tell apart.
      for (const [question, answer] of Object.entries(reading.tells))
        if (answer !== true && question !== "exitStatus" && !isTold(question as Question, group)) gaps.push(answer);
  gaps.push(...streams.flatMap(({ reading }) => reading.gaps ?? []));
  return gaps;
}
