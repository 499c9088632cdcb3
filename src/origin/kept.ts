import type { Identity } from "../identity/index.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Footing } from "../model/footing.ts";
import { redactLine } from "../model/redact.ts";
import { emptyLedger } from "../model/ledger.ts";
import type { ProcessEvent } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";
import { momentsOf, timesOf } from "./file-times.ts";
import { nsOf } from "./iso.ts";
import { Moments } from "./moments.ts";
import { namesPath } from "./names.ts";
import { byTime, byWeight } from "./order.ts";
import { ORIGIN_SCHEMA, type Origin } from "./result.ts";
import { signsOfTimes } from "./signs/index.ts";
import { Telling } from "./told.ts";
import type { FileInQuestion, KeptQuestion } from "./types.ts";
import { notKnown, verdictOf } from "./verdict.ts";

export interface KeptOptions {
  version: string;
  /** Absolute, as seen from the root of the recorded host. */
  asked: Untrusted;
  /** The same under the real name of its directory, and all its names (merged /usr). */
  path: Untrusted;
  names: readonly Untrusted[];
  /** Seconds. */
  around: number;
  /** What was found out about the file then; null: that is not kept. */
  identity: Identity | null;
  footing: Footing | null;
  /** Start of what was recorded, milliseconds since 1970. */
  start: number;
  snapshots: readonly Snapshot[];
  gaps: readonly CouldNotLook[];
}

const MOST_COMMANDS = 50;
const COMMAND_LENGTH = 400;

/**
 * What a recording of another host, or of an earlier time, holds of a file: who ran it and what its times said then. Events
 * and copied files are pushed in, then `result` is asked.
 */
export class KeptOrigin {
  readonly #options: KeptOptions;
  readonly #telling: Telling;
  readonly #runs = { count: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY, pid: 0 };
  #commands = 0;

  constructor(options: KeptOptions) {
    this.#options = options;
    this.#telling = new Telling("case", { now: options.start });
  }

  /** Takes a recorded event. */
  event(event: ProcessEvent): void {
    const { names, start } = this.#options;
    if (event.type !== "exec" || event.error !== 0) return;
    const ms = start + event.ts / 1e6;
    if (names.includes(event.exe)) {
      this.#runs.count++;
      if (ms < this.#runs.first) [this.#runs.first, this.#runs.pid] = [ms, event.pid];
      this.#runs.last = Math.max(this.#runs.last, ms);
      return;
    }
    if (!event.argv?.some((word) => namesPath(word, names))) return;
    if (this.#commands++ >= MOST_COMMANDS) return;
    const command = redactLine(event.argv.join(" ")).slice(0, COMMAND_LENGTH);
    this.#telling.event(ms, "file", "origin.case-command", { command, pid: event.pid }, place("events.bin"));
  }

  /** Takes a file that was copied: from where, and what was copied. */
  copied(name: string, source: Untrusted, content: Untrusted): void {
    const { path, names } = this.#options;
    if (names.includes(source)) this.#telling.event(null, "file", "origin.case-copy", { path }, place(name));
    else if (namesPath(content, names)) {
      this.#telling.event(null, "file", "origin.case-names", { file: source }, place(name));
    }
  }

  result(root: Untrusted): Origin {
    const { version, asked, path, around, identity, footing, start, gaps } = this.#options;
    this.#tellProcesses();
    const { count, first, last, pid } = this.#runs;
    if (count > 0) {
      const until = last > first ? last : null;
      this.#telling.event(first, "file", "origin.case-executed", { count, pid }, place("events.bin"), until);
    }
    const { events, leftOut } = this.#telling.end();
    const file = identity?.file == null ? null : fileOf(identity.file);
    const moments = new Moments(file === null ? [] : momentsOf(file), around * 1000);
    const question: KeptQuestion = { path, file, identity, moments, now: start };
    const about = file === null ? [] : signsOfTimes.flatMap((sign) => sign({ question, file, events }));
    const sources = [{ id: "case", files: [], ...accountOf(events.length, leftOut) }];
    return {
      schema: ORIGIN_SCHEMA,
      tool: { name: "whoforks", version },
      asked,
      root,
      path,
      verdict: file === null ? notKnown(path) : verdictOf(question, events),
      identity:
        identity === null ? null : { verdict: identity.verdict, owner: identity.owner, claims: identity.claims },
      times: file === null ? [] : timesOf(file),
      fileSystem: null,
      aroundSeconds: around,
      signs: about.sort(byWeight),
      events: events.sort(byTime),
      sources,
      couldNotLook: [...gaps, ...this.#notKept(file !== null)],
      footing,
    };
  }

  #tellProcesses(): void {
    const seen = new Set<number>();
    for (const { epochMs, processes } of this.#options.snapshots) {
      for (const { pid, exe, comm } of processes.values()) {
        if (exe === null || !this.#options.names.includes(exe) || seen.has(pid)) continue;
        seen.add(pid);
        this.#telling.event(epochMs, "file", "origin.case-run-by", { comm, pid }, place("processes"));
      }
    }
  }

  #notKept(file: boolean): CouldNotLook[] {
    const { path } = this.#options;
    const gap = (code: string, why: string): CouldNotLook => ({ code, what: path, why, remedy: null });
    return [
      ...(file ? [] : [gap("origin.case-no-file", "the file and whose it is are not kept in the case")]),
      gap("origin.case-no-logs", "logs, logins, histories and other files are not kept in the case"),
    ];
  }
}

function accountOf(records: number, leftOut: number): Omit<Origin["sources"][number], "id" | "files"> {
  const { skipped, examples } = emptyLedger("case", null);
  return { records, skipped, examples, from: null, to: null, leftOut };
}

function place(part: string): { file: string; at: string; quote: null } {
  return { file: "case", at: part, quote: null };
}

/** Null: its times are none. */
function fileOf({ birth, ctime, mtime, inode }: NonNullable<Identity["file"]>): FileInQuestion | null {
  const [change, modification] = [nsOf(ctime), nsOf(mtime)];
  if (change === null || modification === null) return null;
  const born = birth === null ? null : nsOf(birth);
  return { birth: born, change, modification, device: 0n, inode: BigInt(inode), mode: 0, isRegular: true };
}
