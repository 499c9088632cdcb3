import { createDerivation } from "../../../src/derive/index.ts";
import { detect, type Detection, type Looked } from "../../../src/detect/index.ts";
import type { Known } from "../../../src/detect/types.ts";
import { Stream } from "../../support/storms.ts";

/** Evidence that tells everything. */
export const ALL: Known = { exitStatus: true, lineage: true, lifetimes: true };

/** What the detectors say of a stream written by hand. */
export function look(write: (stream: Stream) => void, known = ALL, looked: Looked = {}): Detection {
  const derivation = createDerivation();
  const stream = new Stream((event) => derivation.onEvent(event));
  stream.seen(1, 0, "/sbin/init");
  write(stream);
  const derived = derivation.finish();
  return detect(derived, known, derived.lastTs / 1e9, looked);
}

export const kinds = (detection: Detection): string[] => detection.findings.map((f) => f.kind);

/** A program that starts another `count` times, at random with a mean of `mean` microseconds; its PID is 1001. */
export const startsAtRandom =
  (server: string, count: number, mean: number) =>
  (s: Stream): void => {
    const pid = s.exec(s.fork(1), server);
    let seed = 11;
    for (let i = 0; i < count; i++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      s.wait(Math.round(-Math.log((seed + 1) / 0x80000001) * mean)).run(pid, "/usr/libexec/answer", 2000);
    }
  };
