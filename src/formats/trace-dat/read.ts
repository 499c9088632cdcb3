import { setImmediate } from "node:timers/promises";
import { emptyLedger, skip, type SourceLedger } from "../../model/ledger.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import { Assembler } from "../../ftrace/assembler.ts";
import { unpacker, type Unpack } from "../../ftrace/trace-dat/compression.ts";
import type { CpuData, Description, TraceBuffer } from "../../ftrace/trace-dat/description.ts";
import { openTrace, type OpenedTrace, type TraceProblem } from "../../ftrace/trace-dat/open.ts";
import { BufferReader, earliest, type PagesRead } from "../../ftrace/trace-dat/records.ts";
import type { SplitTime } from "../../platform/clock.ts";
import type { SinkOf, StreamReading } from "../types.ts";
import { clockOf, scaleOf } from "./clocks.ts";
import { counting, noCounts } from "./counts.ts";
import { Doubles } from "./doubles.ts";
import { decoderFor } from "./events.ts";
import { tellsNothing, tellsOf } from "./tells.ts";

/** Reads a trace.dat. Never rejects for content: what cannot be read is in the account and in the gaps. */
export async function readTraceDat(
  source: RandomBytes,
  file: string,
  sinkOf: SinkOf,
  aborted: () => boolean,
): Promise<StreamReading> {
  const ledger = emptyLedger("trace-dat", null, file);
  const opened = openTrace(source);
  const { description, problem } = opened;
  if (problem !== null) skip(ledger, `byte ${problem.at}`, problem.why, "");
  const unpack = unpacker(description.compression);
  const chosen = fullest(description.buffers);
  const buffer = chosen === null ? null : { ...chosen, cpus: apart(chosen, ledger) };
  const layout = description.layout;
  const origin = buffer === null || layout === null ? null : earliest(source, buffer, layout, packedBy(buffer, unpack));
  if (buffer === null || layout === null || origin === null)
    return empty(
      problem === null && buffer !== null ? { description, problem: withoutPages(buffer, source, ledger) } : opened,
      ledger,
    );
  const clock = clockOf(description, buffer);
  const scale = scaleOf(description, clock);

  const { decoder, has, problems } = decoderFor(description);
  const counts = noCounts();
  const host = /^\S+ (\S+)/.exec(description.uname ?? "")?.[1] ?? null;
  const assembler = new Assembler(counting(sinkOf(host), counts));
  const how = { layout, unpack: packedBy(buffer, unpack), origin, scale: scale ?? 1 };
  const reader = new BufferReader(source, buffer, how, decoder, ledger);
  const doubles = new Doubles();
  while (!aborted() && reader.step((queue, at) => doubles.isNew(queue, at) && assembler.take(queue, at)))
    await setImmediate();

  ledger.events = assembler.events;
  ledger.skipped += decoder.unknown;
  ledger.lost = lostOf(description, reader.read);
  ledger.note = [...notesOf(description, buffer, clock, scale, reader.read, decoder.others), ...problems].join("; ");
  return {
    ledger,
    tells: problem === null || assembler.events > 0 ? tellsOf(counts, has) : tellsNothing(problem),
    originEpochMs: epochMs(description, origin, scale ?? 1),
    seconds: Number.isFinite(counts.first) ? (counts.last - counts.first) / 1e9 : 0,
    hosts: host === null ? [] : [host],
    remarks: [],
    ...hostFacts(description, buffer),
  };
}

/** The buffer with the most data: the top instance, unless the events went into one of its own. */
function fullest(buffers: readonly TraceBuffer[]): TraceBuffer | null {
  const size = (buffer: TraceBuffer): number => buffer.cpus.reduce((sum, cpu) => sum + cpu.size, 0);
  return [...buffers].sort((a, b) => size(b) - size(a))[0] ?? null;
}

/** Data of two CPUs in one place is a trap that makes a small file take hours: the second one is left out. */
function apart({ cpus }: TraceBuffer, ledger: SourceLedger): CpuData[] {
  let end = 0;
  const kept = new Set<CpuData>();
  for (const data of [...cpus].sort((a, b) => a.at - b.at || a.size - b.size)) {
    if (data.size > 0 && data.at < end)
      skip(ledger, `byte ${data.at}`, `data of CPU ${data.cpu} lie over those of another`, "");
    else kept.add(data);
    end = Math.max(end, data.at + data.size);
  }
  return cpus.filter((data) => kept.has(data));
}

/** Why no CPU has a page although the table says so: a cut before the first one leaves the table whole. Null: it says none. */
function withoutPages({ cpus }: TraceBuffer, source: RandomBytes, ledger: SourceLedger): TraceProblem | null {
  const [first] = cpus.filter(({ size }) => size > 0).sort((a, b) => a.at - b.at);
  if (first === undefined) return null;
  const why =
    source.size < first.at + first.size
      ? `the file ends after ${source.size} bytes, before the first whole page`
      : "the first page of no CPU can be read";
  skip(ledger, `cpu ${first.cpu}, byte ${first.at}`, why, "");
  return { reason: "damaged", why, at: first.at };
}

function packedBy(buffer: TraceBuffer, unpack: Unpack | null): Unpack | null {
  return buffer.packed ? unpack : null;
}

/** What the kernel counted in all, or what the pages say; null when something was lost and nobody says how much. */
function lostOf({ losses }: Description, { lost, lostUnknown }: PagesRead): number | null {
  const byKernel = losses.reduce((sum, cpu) => sum + cpu.overrun + cpu.commitOverrun + cpu.dropped, 0);
  if (losses.length === 0 && lostUnknown > 0) return null;
  return Math.max(byKernel, lost);
}

function notesOf(
  description: Description,
  buffer: TraceBuffer,
  clock: string | null,
  scale: number | null,
  read: PagesRead,
  others: number,
): string[] {
  const notes = [
    `trace-cmd version ${description.version}, ${read.pages} pages of ${buffer.cpus.length} CPUs, clock ${clock ?? "unknown"}`,
  ];
  if (scale === null) notes.push("that clock does not count nanoseconds: rates and lifetimes are wrong");
  if (clock === "local") notes.push("its order across CPUs is not exact (record with -C mono)");
  if (others > 0) notes.push(`${others} records of other events`);
  if (description.buffers.length > 1)
    notes.push(`${description.buffers.length - 1} other trace instances in the file were not read`);
  if (read.lost + read.lostUnknown > 0) notes.push("pages say that records before them were lost");
  return notes;
}

function epochMs({ dateNs }: Description, origin: SplitTime, scale: number): number | null {
  if (dateNs === null || scale !== 1) return null;
  const ms = Number(((BigInt(origin.high) << 32n) + BigInt(origin.low) + dateNs) / 1000n) / 1000;
  return Math.abs(ms) <= 8.64e15 ? ms : null;
}

function hostFacts({ uname }: Description, buffer: TraceBuffer): Pick<StreamReading, "host"> {
  const [, , kernel, machine] = uname?.split(" ") ?? [];
  const cpus = buffer.cpus.length;
  return { host: { kernel: kernel ?? null, machine: machine ?? null, cpus: cpus > 0 ? cpus : null } };
}

function empty({ description, problem }: OpenedTrace, ledger: SourceLedger): StreamReading {
  ledger.note ??= problem === null ? "the file holds no pages" : problem.why;
  return {
    ledger,
    tells: problem === null ? tellsOf(noCounts(), (event) => description.formats.has(event)) : tellsNothing(problem),
    originEpochMs: null,
    seconds: 0,
    hosts: [],
    remarks: [],
  };
}
