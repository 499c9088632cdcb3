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
