import { groupStreams, type Aligned, type Group, type Told } from "../align/streams.ts";
import { Landmarks } from "../align/landmarks.ts";
import { createDerivation, type Derivation, type Derived } from "../derive/index.ts";
import type { InputStream } from "../formats/input.ts";
import type { Question, StreamReading } from "../formats/types.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { EventSink } from "../model/events.ts";
import type { Untrusted } from "../model/text.ts";
import { safe } from "../report/text/sanitise.ts";

/** A stamp of a millisecond: what logs have unless they say otherwise. */
const MILLISECOND = 1e6;
/** Without which little can be told of a storm; the others refine it. */
const ESSENTIAL: readonly Question[] = ["lineage", "lifetimes"];

/** Collects what the streams tell while they are read, host by host. */
export class ToldStreams {
  readonly #parts: { stream: InputStream; host: Untrusted | null; derivation: Derivation; landmarks: Landmarks }[] = [];

  /** The sink for one host of one stream. */
  sinkOf(stream: InputStream, host: Untrusted | null): EventSink {
    const derivation = createDerivation();
    const landmarks = new Landmarks();
    this.#parts.push({ stream, host, derivation, landmarks });
    return landmarks.before(derivation.onEvent);
  }

  /** The sums so far, of each host of each stream. */
  peek(): Derived[] {
    return this.#parts.map(({ derivation }) => derivation.peek());
  }

  /** Those that tell of the same processes, together. To be called once, when all is read. */
  groups(read: readonly { stream: InputStream; reading: StreamReading }[]): Group[] {
    return groupStreams(
      this.#parts.map(({ stream, host, derivation, landmarks }): Told => {
        const reading = read.find((one) => one.stream === stream)?.reading ?? null;
        const single = this.#parts.filter((part) => part.stream === stream).length === 1;
        return {
          file: stream.name,
          host: host ?? (single ? (reading?.hosts[0] ?? null) : null),
          derived: derivation.finish(),
          landmarks,
          originEpochMs: single ? (reading?.originEpochMs ?? null) : null,
          stampNs: reading?.stampNs === undefined ? MILLISECOND : reading.stampNs,
          essential: ESSENTIAL.every((question) => reading?.tells[question] === true),
          answers: Object.values(reading?.tells ?? {}).filter((answer) => answer === true).length,
          slows: stream.format === "strace" || stream.format === "ltrace",
        };
      }),
    );
  }
}

/** What to say about a stream's time, after its account: with whom it was joined, and how surely. */
export function clockNote(groups: readonly Group[], file: string): string | null {
  const found = groups.flatMap((group) =>
    group.others.filter(({ told }) => told.file === file).map((other) => ({ leader: group.leader, other })),
  )[0];
  if (found === undefined) return null;
  const { leader, other } = found;
  const { ns, errorNs, matched, firstInSecond, secondInFirst } = other.offset;
  const side = ns >= 0 ? "after" : "before";
  return (
    `tells of the same processes as ${safe(leader.file)} and is counted once with it: its time 0 lies ${milliseconds(Math.abs(ns))} ` +
    `${side} the other's (± ${milliseconds(errorNs)}, by ${matched} forks and ends that both tell); of what they sampled in the common ` +
    `time this one tells ${percent(firstInSecond)} of the other's, and the other ${percent(secondInFirst)} of this one's`
  );
}

/** Where two streams of the same processes do not agree; the first one's word stands. */
export function contradictionsOf(groups: readonly Group[]): CouldNotLook[] {
  return groups.flatMap(({ leader, others }) => others.flatMap((other) => gaps(leader.file, other)));
}

function gaps(leader: string, { told, contradictions }: Aligned): CouldNotLook[] {
  return contradictions.map(({ about, program, first, second }) => ({
    code: about === "ends" ? "align.ends-differ" : "align.files-differ",
    what: about === "ends" ? `how ${program} ends` : `which file ${program} is`,
    why: `${leader} says ${first}, ${told.file} says ${second}`,
    remedy: null,
  }));
}

function milliseconds(ns: number): string {
  const ms = ns / 1e6;
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)} s` : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
