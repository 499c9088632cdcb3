import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { z } from "zod";
import type { EventSink } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { DamagedCase } from "./damaged-case.ts";
import { readEvents, type EventsRead } from "./event-file.ts";
import type { RunFacts } from "./facts.ts";
import { run, snapshot } from "./facts-schema.ts";
import { openInside, readInside, sha256 } from "./folder.ts";
import type { Manifest, Part } from "./manifest.ts";
import { manifestSchema } from "./manifest-schema.ts";
import { MANIFEST, MANIFEST_DIGEST, PARTS } from "./names.ts";

const MAX_MANIFEST = 16 << 20;
/** Snapshots of the largest hosts take some 20 MB. */
const MAX_JSON = 256 << 20;

/** A case, each part only if it is what the manifest says. */
export interface Case {
  manifest: Manifest;
  /** Parts that cannot be used, and why: gone, changed, or not made of what they should be. */
  damaged: { name: string; why: string }[];
  run: RunFacts | null;
  before: Snapshot | null;
  after: Snapshot | null;
  /** As they were given to be kept: not looked into here. Null: none, or damaged. */
  answers: unknown;
  /** Passes the events on; null when their file cannot be used. Never rejects for what the file holds. */
  events(sink: EventSink, aborted: () => boolean): Promise<EventsRead | null>;
}

/** Reads a case and checks every part. Throws `DamagedCase`, or the system's error when the manifest cannot be read. */
export function openCase(dir: string): Case {
  const manifest = readManifest(dir);
  const damaged: Case["damaged"] = [];
  const intact = new Map<string, Part>();
  for (const part of manifest.parts) {
    const why = checked(dir, part);
    if (why === null) intact.set(part.name, part);
    else damaged.push({ name: part.name, why });
  }
  const named = new Set(manifest.parts.map((part) => part.name));
  for (const name of Object.values(PARTS))
    if (!named.has(name)) damaged.push({ name, why: "it was not kept when the case was made" });

  function json<T>(name: string, schema: z.ZodType<T> | null): T | null {
    const part = intact.get(name);
    if (part === undefined) return null;
    const read = parsed(dir, part, schema);
    if (read.why === null) return read.value;
    damaged.push({ name, why: read.why });
    return null;
  }

  return {
    manifest,
    run: json(PARTS.run, run),
    before: json(PARTS.before, snapshot),
    after: json(PARTS.after, snapshot),
    answers: json<unknown>(PARTS.answers, null),
    damaged,
    async events(sink, aborted) {
      if (!intact.has(PARTS.events)) return null;
      const fd = openInside(dir, PARTS.events);
      try {
        return await readEvents(fd, sink, aborted);
      } finally {
        fs.closeSync(fd);
      }
    },
  };
}

function readManifest(dir: string): Manifest {
  const bytes = readInside(dir, MANIFEST, MAX_MANIFEST);
  let digest: string;
  try {
    digest = readInside(dir, MANIFEST_DIGEST, 4096).toString("latin1").slice(0, 64);
  } catch (error) {
    throw new DamagedCase(`its ${MANIFEST_DIGEST} cannot be read: ${messageOf(error)}`);
  }
  if (digest !== sha256(bytes)) throw new DamagedCase(`its ${MANIFEST} is not what ${MANIFEST_DIGEST} says`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new DamagedCase(`its ${MANIFEST} is no JSON: ${messageOf(error)}`);
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success)
    throw new DamagedCase(`its ${MANIFEST} is none of this version: ${problemsOf(manifest.error)}`);
  return manifest.data as Manifest;
}

/** Why a part is not what the manifest says, or null when it is. */
function checked(dir: string, part: Part): string | null {
  let fd: number;
  try {
    fd = openInside(dir, part.name);
  } catch (error) {
    return messageOf(error);
  }
  try {
    const size = fs.fstatSync(fd).size;
    if (size !== part.size) return `it has ${size} bytes, and had ${part.size}`;
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    for (let got = fs.readSync(fd, buffer); got > 0; got = fs.readSync(fd, buffer))
      hash.update(buffer.subarray(0, got));
    return hash.digest("hex") === part.sha256 ? null : "its sha256 is not the one of the manifest";
  } catch (error) {
    return messageOf(error);
  } finally {
    fs.closeSync(fd);
  }
}

type Parsed<T> = { value: T; why: null } | { why: string };

function parsed<T>(dir: string, part: Part, schema: z.ZodType<T> | null): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(readInside(dir, part.name, MAX_JSON).toString());
  } catch (error) {
    return { why: messageOf(error) };
  }
  if (schema === null) return { value: value as T, why: null };
  const read = schema.safeParse(value);
  return read.success ? { value: read.data, why: null } : { why: problemsOf(read.error) };
}

function problemsOf({ issues }: z.ZodError): string {
  const [first] = issues;
  return first === undefined ? "?" : `${first.path.join(".")}: ${first.message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
