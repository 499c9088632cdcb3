import { readInside } from "../casefolder/folder.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import { KeptOrigin } from "../origin/kept.ts";
import type { Origin } from "../origin/result.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";
import { FilesOfCase, withCase } from "./files-of-case.ts";
import { interruptSignal } from "./interrupt.ts";
import { openCaseOr } from "./open-case.ts";

export interface OriginCaseOptions {
  version: string;
  /** The case: a folder, or packed. */
  from: string;
  /** On the recorded host. */
  path: Untrusted;
  /** Seconds. */
  around: number;
}

/** A copied file is at most a mebibyte; one that a manifest calls larger is not read. */
const MOST_COPIED = 2 << 20;

/** What a case holds of a file. Throws `Failure` when it is no case, or cannot be trusted. */
export async function originOfCase(options: OriginCaseOptions): Promise<Origin> {
  const { from, path } = options;
  if (!path.startsWith("/")) {
    throw new Failure(
      `${safe(path)} is relative, and a case has no working directory`,
      "name the whole path: whoforks origin --from web1.case /usr/bin/atd",
    );
  }
  return withCase(from, (folder) => ofFolder(folder, options));
}

async function ofFolder(folder: string, { version, path, around }: OriginCaseOptions): Promise<Origin> {
  const kept = openCaseOr(folder);
  const { manifest, run, before, after } = kept;
  const files = new FilesOfCase(kept);
  const identity = files.find(path);
  const origin = new KeptOrigin({
    version,
    asked: path,
    path: files.realName(path),
    names: files.names(path),
    around,
    identity,
    footing: run?.footing ?? null,
    start: manifest.window.startEpochMs,
    snapshots: [before, after].filter((one) => one !== null),
    gaps: kept.damaged.map(({ name, why }) => {
      return { code: "case.damaged-part", what: `${name} of the case`, why, remedy: null };
    }),
  });
  const signal = interruptSignal();
  await kept.events(
    (event) => origin.event(event),
    () => signal.aborted,
  );
  const damaged = new Set(kept.damaged.map(({ name }) => name));
  for (const { name, source, size } of manifest.parts) {
    if (source === undefined || damaged.has(name) || size > MOST_COPIED) continue;
    origin.copied(name, source.path, fromBytes(readInside(folder, name, MOST_COPIED)));
  }
  return origin.result(identity?.root ?? "/");
}
