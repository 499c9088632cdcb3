import * as fs from "node:fs";
import type { ProcessEvent } from "../model/events.ts";
import type { HostFacts, Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import { openRoot } from "../platform/root.ts";
import { EventFile } from "./event-file.ts";
import { toJson, type RunFacts } from "./facts.ts";
import { makeFolder, sha256, writeAll, type NewFolder } from "./folder.ts";
import { CASE_SCHEMA, type Manifest, type Part } from "./manifest.ts";
import { MANIFEST, MANIFEST_DIGEST, PARTS, TRACE } from "./names.ts";
import { REDACTION_RULES } from "../model/redact.ts";
import { Redaction } from "./redact.ts";
import { TraceFile } from "./trace-file.ts";

/** Of a configuration file no more than this is copied, bytes. */
const MAX_COPY = 1 << 20;
const MAX_COPIES = 64;
/** Names of ended tasks that are remembered; the largest PID is 4 Mi, the usual one 32 Ki. */
const MAX_COMMANDS = 65_536;
/** Set aside at the start and given back when its turn comes, so that events that fill the disk do not cost the rest. */
const RESERVES = { parts: { name: "reserve-1", bytes: 256 << 10 }, manifest: { name: "reserve-2", bytes: 64 << 10 } };

/** Everything of a run but its events. */
export interface CaseFacts {
  version: string;
  host: HostFacts;
  window: Manifest["window"];
  run: RunFacts;
  before: Snapshot;
  after: Snapshot;
  /** What was found out about the programs concerned; plain JSON values. */
  answers: unknown;
  /** Files whose content the answers speak of: where the root of the host lies, and the path inside it. */
  configuration: { root: string; path: Untrusted }[];
  /** Lines of the package databases that the answers rest on, as read. */
  excerpts: { root: string; path: Untrusted; text: Uint8Array }[];
  /** What of these could not be read, and why. */
  excerptsMissing: string[];
}

/** What became of a case. */
export interface CaseAccount {
  path: string;
  events: Manifest["events"];
  /** Bytes of all parts. */
  size: number;
  /** Why it is not complete; empty when it is. */
  problems: string[];
  /** It was to be one file, and is still a folder: which file, and why. */
  notPacked?: { path: string; why: string };
}

/**
 * Keeps a live run in a new folder while it runs. After its making it never throws for what the disk does: the
 * diagnosis goes on, and `finish` says what is missing.
 */
export class CaseWriter {
  readonly #path: string;
  readonly #folder: NewFolder;
  readonly #events: EventFile;
  readonly #redaction: Redaction | null;
  readonly #parts: Part[] = [];
  readonly #problems: string[] = [];
  /** Gets the raw pages of the trace, where there are any. */
  readonly trace: TraceFile;
  /** Names of tasks that have ended, for the trace: newer ones of a number replace older ones. */
  readonly #commands = new Map<number, Untrusted>();

  /** Throws the system's error when the folder cannot be made: EEXIST, EACCES, ENOENT, ENOSPC, … */
  constructor(path: string, redact: boolean) {
    this.#path = path;
    this.#folder = makeFolder(path);
    this.#redaction = redact ? new Redaction() : null;
    try {
      for (const { name, bytes } of Object.values(RESERVES)) this.#create(name, Buffer.alloc(bytes));
      this.trace = new TraceFile(this.#folder.createNameless(TRACE));
      this.#events = new EventFile(this.#folder.create(PARTS.events), undefined, () =>
        this.trace.giveUp("its place on the disk was needed for the events"),
      );
    } catch (error) {
      this.#unmake(path);
      throw error;
    }
  }

  /** Keeps an event. @returns the event as kept, without secrets: what is diagnosed now must be what is found later. */
  event(event: ProcessEvent): ProcessEvent {
    if (event.type === "exit" && (this.#commands.size < MAX_COMMANDS || this.#commands.has(event.pid)))
      this.#commands.set(event.pid, event.comm);
    const kept = this.#redaction?.event(event) ?? event;
    this.#events.add(kept);
    return kept;
  }

  /** The snapshot as it will be kept. */
  snapshot(snapshot: Snapshot): Snapshot {
    return this.#redaction?.snapshot(snapshot) ?? snapshot;
  }

  /** Writes the rest and the manifest. Snapshots must be those that `snapshot` gave. */
  finish(facts: CaseFacts): CaseAccount {
    const { kept, dropped, size, sha256: digest } = this.#events.end();
    if (this.#events.failure !== null) this.#problems.push(`${PARTS.events}: ${this.#events.failure}`);
    this.#parts.push({ name: PARTS.events, size, sha256: digest });
    this.#drop(RESERVES.parts.name);
    this.#write(PARTS.run, toJson(facts.run));
    this.#write(PARTS.answers, toJson(facts.answers));
    this.#write(PARTS.after, toJson(facts.after));
    this.#write(PARTS.before, toJson(facts.before));
    this.#copyAll(facts);
    this.#problems.push(...facts.excerptsMissing);
    this.#writeTrace(facts);
    const manifest: Manifest = {
      schema: CASE_SCHEMA,
      tool: { name: "whoforks", version: facts.version },
      host: facts.host,
      window: facts.window,
      events: { kept, dropped },
      complete: this.#problems.length === 0,
      problems: this.#problems,
      redaction: this.#redaction === null ? null : { rules: [...REDACTION_RULES], commandLines: this.#redaction.count },
      parts: this.#parts,
    };
    const problems = [...this.#problems, ...this.#writeManifest(JSON.stringify(manifest, null, 2) + "\n")];
    this.#folder.close();
    const bytes = this.#parts.reduce((sum, part) => sum + part.size, 0);
    return { path: this.#path, events: { kept, dropped }, size: bytes, problems };
  }

  /** Under another name until it is whole: a run that is killed now leaves nothing that looks like a trace. */
  #writeTrace({ host, version, before, after }: CaseFacts): void {
    const { trace } = this;
    const part = `${TRACE}.part`;
    try {
      if (trace.failure === null && trace.begun) {
        for (const { processes } of [before, after])
          for (const { pid, comm } of processes.values()) this.#commands.set(pid, comm);
        const fd = this.#folder.create(part);
        try {
          const uname = `Linux ${host.hostname.replaceAll(/\s/g, "_")} ${host.kernel} ${host.machine}`;
          const whole = trace.assemble(fd, { commands: this.#commands, uname, writer: `whoforks ${version}` });
          this.#folder.rename(part, TRACE);
          this.#parts.push({ name: TRACE, ...whole });
        } finally {
          fs.closeSync(fd);
        }
      }
    } catch (error) {
      trace.giveUp(messageOf(error));
      this.#drop(part);
    }
    if (trace.failure !== null) this.#problems.push(`${TRACE}: ${trace.failure}`);
    trace.close();
  }

  #writeManifest(text: string): string[] {
    try {
      this.#folder.remove(RESERVES.manifest.name);
      this.#create(MANIFEST, text);
      this.#create(MANIFEST_DIGEST, `${sha256(text)}  ${MANIFEST}\n`);
      return [];
    } catch (error) {
      return [`the case cannot be read without its manifest: ${messageOf(error)}`];
    }
  }

  #write(name: string, content: string | Uint8Array, about: Pick<Part, "source" | "cut" | "excerpt"> = {}): void {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    try {
      this.#create(name, bytes);
      this.#parts.push({ name, size: bytes.length, sha256: sha256(bytes), ...about });
    } catch (error) {
      this.#problems.push(`${name}: ${messageOf(error)}`);
      this.#drop(name);
    }
  }

  #create(name: string, content: string | Uint8Array): void {
    const fd = this.#folder.create(name);
    try {
      writeAll(fd, typeof content === "string" ? Buffer.from(content) : content);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Nothing could be set aside: an empty folder would only be in the way of the next attempt. */
  #unmake(path: string): void {
    for (const { name } of Object.values(RESERVES)) this.#folder.remove(name);
    this.#folder.close();
    fs.rmdirSync(path);
  }

  /** What is there in part only would be taken for the whole. */
  #drop(name: string): void {
    try {
      this.#folder.remove(name);
    } catch (error) {
      this.#problems.push(`${name}: ${messageOf(error)}`);
    }
  }

  #copyAll({ configuration, excerpts }: CaseFacts): void {
    const files = onceEach(configuration, ({ root, path }) => `${root}\0${path}`).slice(0, MAX_COPIES);
    const parts = onceEach(excerpts, ({ root, path, text }) => `${root}\0${path}\0${sha256(text)}`).slice(
      0,
      MAX_COPIES,
    );
    if (files.length + parts.length === 0) return;
    try {
      this.#folder.makeFolder("files");
    } catch (error) {
      this.#problems.push(`files: ${messageOf(error)}`);
      return;
    }
    const nameOf = (index: number): string => `files/${String(index + 1).padStart(4, "0")}`;
    for (const [index, { root, path }] of files.entries()) {
      const name = nameOf(index);
      try {
        const content = openRoot(root).read(path, MAX_COPY + 1);
        if (content === null) this.#problems.push(`${name}: its original was gone when it was to be copied`);
        else
          this.#write(name, content.subarray(0, MAX_COPY), {
            source: { root, path },
            ...(content.length > MAX_COPY ? { cut: true } : {}),
          });
      } catch (error) {
        this.#problems.push(`${name}: ${messageOf(error)}`);
      }
    }
    for (const [index, { root, path, text }] of parts.entries())
      this.#write(nameOf(files.length + index), text.subarray(0, MAX_COPY), {
        source: { root, path },
        excerpt: true,
        ...(text.length > MAX_COPY ? { cut: true } : {}),
      });
  }
}

function onceEach<T>(all: readonly T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
