import { setImmediate } from "node:timers/promises";
import { emptyLedger, skip } from "../../model/ledger.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { fromBytes } from "../../model/text.ts";
import type { SinkOf, StreamReading } from "../types.ts";
import { LongLived } from "./living.ts";
import type { AcctRecord } from "./record.ts";
import { recordsOf, type Unreadable } from "./records.ts";
import { gapsOf, tellsOf } from "./tells.ts";
import { Teller } from "./teller.ts";
import type { Told } from "./told.ts";
import { Timeline } from "./timeline.ts";
import { countEnds } from "./without-pids.ts";

/** Records between two looks at whether to stop. */
const PAUSE = 16_384;
const MOST_NAMED = 3;

/**
 * Reads a file of process accounting, twice: processes that lived long have their record at their end, and what they forked
 * stands before it. Never rejects for content.
 */
export async function readPacct(
  source: RandomBytes,
  file: string,
  sinkOf: SinkOf,
  aborted: () => boolean,
): Promise<StreamReading> {
  const ledger = emptyLedger("pacct", null, file);
  const lines = { read: 0, parsed: 0, skipped: 0 };
  const versions = new Set<number>();
  const names = new Map<string, number>();
  const long = new LongLived();
  const survey = new Timeline();
  const unreadable: Unreadable = (at, why, beginning) => {
    lines.skipped++;
    skip(ledger, `byte ${at}`, why, fromBytes(beginning));
  };
  const counted = (record: AcctRecord): void => {
    lines.parsed++;
    versions.add(record.version);
    if (names.size < 65_536 || names.has(record.comm)) names.set(record.comm, (names.get(record.comm) ?? 0) + 1);
  };
  await walk(survey.of(each(recordsOf(source, unreadable), counted)), aborted, (timed) => long.add(timed));
  long.settle();
  lines.read = lines.parsed + lines.skipped;

  const timeline = new Timeline();
  // Where both are in one file (another kernel was booted), the records that tell more are told.
  const version = versions.has(3) || versions.size === 0 ? 3 : 2;
  const records = ofVersion(
    recordsOf(source, () => undefined),
    version,
  );
  let told: Told;
  if (version === 3) {
    const teller = new Teller(sinkOf(null), long);
    await walk(timeline.of(records), aborted, (timed) => teller.take(timed));
    teller.end();
    ledger.events = teller.events;
    told = teller.told;
  } else {
    const counter = countEnds(sinkOf(null));
    await walk(timeline.of(records), aborted, counter.take);
    ledger.events = counter.events();
    told = counter.told;
  }
  ledger.skipped = lines.skipped;
  ledger.note = noteOf(told, names, versions, long, survey);
  return {
    ledger,
    tells: tellsOf(told, version, Math.round(told.cpuSeconds * 100)),
    originEpochMs: timeline.origin === null ? null : timeline.origin * 1000,
    seconds: (timeline.last - timeline.first) / 1e9,
    hosts: [],
    stampNs: 1e9,
    gaps: gapsOf(told),
    remarks: [{ code: "pacct.records", args: { ...lines, version, orphans: told.orphans, inferred: told.inferred } }],
  };
}

async function walk<T>(items: Iterable<T>, aborted: () => boolean, take: (item: T) => void): Promise<void> {
  let count = 0;
  for (const item of items) {
    take(item);
    if (++count % PAUSE !== 0) continue;
    if (aborted()) return;
    await setImmediate();
  }
}

function* each(records: Iterable<AcctRecord>, look: (record: AcctRecord) => void): Generator<AcctRecord> {
  for (const record of records) {
    look(record);
    yield record;
  }
}

function* ofVersion(records: Iterable<AcctRecord>, version: number): Generator<AcctRecord> {
  for (const record of records) if (record.version === version) yield record;
}

function noteOf(
  told: Told,
  names: ReadonlyMap<string, number>,
  versions: ReadonlySet<number>,
  long: LongLived,
  { setBack }: Timeline,
): string {
  const most = [...names].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED);
  const notes = [
    "the kernel writes a record for every process that ends while accounting is on, and stops when the disk is nearly full",
    ...(most.length === 0 ? [] : [`most often ended: ${most.map(([name, count]) => `${name} ${count}`).join(", ")}`]),
    `${told.cpuSeconds.toFixed(2)} s of CPU time in whole ticks of each process`,
  ];
  if (versions.size > 1) notes.push("records of version 2 between those of version 3 were not used");
  if (long.dropped > 0) notes.push(`${long.dropped} processes that lived long are told late`);
  if (setBack > 0) notes.push(`the clock was set back by ${setBack} s`);
  return notes.join("; ");
}
