import { createHash } from "node:crypto";
import { z } from "zod";
import type { JournalRecord, RunState, TakenStep } from "./types.ts";

/**
 * A record is a line: 16 hex digits of the SHA-256 of the rest, a blank, its number in the journal, a blank, JSON. A line
 * that was cut off by a crash, or altered, does not match and counts as damaged.
 */
export function encodeRecord(sequence: number, record: JournalRecord): string {
  const body = `${sequence} ${JSON.stringify(record)}`;
  return `${digestOf(body)} ${body}\n`;
}

function digestOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}

const words = z.object({ code: z.string(), args: z.record(z.string(), z.unknown()) });
const step = z.int().nonnegative().max(100_000);
const byHand = z.array(z.array(z.string()));

const record = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("begin"),
    id: z.string(),
    action: z.string(),
    subject: z.string(),
    root: z.string(),
    at: z.string(),
    bootId: z.string(),
    version: z.string(),
    details: z.unknown(),
  }),
  z.object({ type: z.literal("doing"), step, kind: z.string(), data: z.unknown() }),
  z.object({ type: z.literal("done"), step }),
  z.object({ type: z.literal("failed"), step, why: words }),
  z.object({ type: z.literal("undoing"), step }),
  z.object({ type: z.literal("undone"), step, outcome: z.enum(["undone", "nothing-to-undo", "lasting"]) }),
  z.object({ type: z.literal("refused"), step, why: words, byHand }),
  z.object({ type: z.literal("note"), name: z.string(), data: z.unknown() }),
  z.object({ type: z.literal("end"), state: z.enum(["standing", "undone", "stuck"]) }),
]);

const LINE = /^([0-9a-f]{16}) ((\d{1,9}) (\{.*\}))$/s;

function decodeLine(line: string): { sequence: number; record: JournalRecord } | null {
  const [, digest, body = "", sequence, json = ""] = LINE.exec(line) ?? [];
  if (digest === undefined || digestOf(body) !== digest) return null;
  try {
    const parsed = record.safeParse(JSON.parse(json));
    return parsed.success ? { sequence: Number(sequence), record: parsed.data } : null;
  } catch {
    return null;
  }
}

/** What a journal holds: how the run stands, where the next record goes (bytes that are whole lines, and its number). */
export interface ReadJournal {
  state: RunState;
  wholeBytes: number;
  nextSequence: number;
}

/**
 * Reads a journal, whatever it holds. Damaged lines are counted, and those after them are used all the same: a step that
 * was begun must be found. Null when its first record, which tells what the run is about, is not there.
 */
export function readJournal(bytes: Buffer): ReadJournal | null {
  const text = bytes.toString("utf8");
  const lines = text.split("\n");
  const torn = lines.pop() ?? "";
  const fold = new Fold();
  lines.forEach((line) => fold.take(line));
  // What follows the last newline is a record that was being written when its process ended.
  if (torn !== "") fold.tear();
  return fold.result(bytes.length - Buffer.byteLength(torn));
}

class Fold {
  #head: RunState["head"] | null = null;
  readonly #steps = new Map<number, TakenStep>();
  readonly #notes: RunState["notes"] = [];
  #end: RunState["end"] = null;
  readonly #damaged: RunState["damaged"] = { count: 0, examples: [], torn: false };
  #next = 0;
  /** Damaged lines since the last whole one. */
  #since = 0;

  tear(): void {
    this.#damaged.torn = true;
  }

  damage(line: string): void {
    this.#damaged.count++;
    this.#since++;
    if (this.#damaged.examples.length < 3) this.#damaged.examples.push(line.slice(0, 120));
  }

  take(line: string): void {
    const decoded = decodeLine(line);
    // A number that was there before is a line that somebody copied.
    if (decoded === null || decoded.sequence < this.#next) return this.damage(line);
    this.#damaged.count += Math.max(0, decoded.sequence - this.#next - this.#since);
    this.#since = 0;
    this.#next = decoded.sequence + 1;
    const { record: entry } = decoded;
    if (entry.type === "begin") {
      const { type: _, ...head } = entry;
      this.#head ??= head;
      return;
    }
    this.#end = entry.type === "end" ? entry.state : entry.type === "note" ? this.#end : null;
    if (entry.type === "note") this.#notes.push({ name: entry.name, data: entry.data });
    else if (entry.type !== "end") this.#step(entry, line);
  }

  #step(entry: Extract<JournalRecord, { step: number }>, line: string): void {
    if (entry.type === "doing") {
      const { step: number, kind, data } = entry;
      this.#steps.set(number, { step: number, kind, data, state: "doing", why: null, byHand: [] });
      return;
    }
    const known = this.#steps.get(entry.step);
    if (known === undefined) return this.damage(line);
    known.state = entry.type;
    known.why = "why" in entry ? entry.why : null;
    known.byHand = "byHand" in entry ? entry.byHand : [];
  }

  result(wholeBytes: number): ReadJournal | null {
    if (this.#head === null) return null;
    const steps = [...this.#steps.values()].sort((a, b) => a.step - b.step);
    const state = { head: this.#head, steps, notes: this.#notes, end: this.#end, damaged: this.#damaged };
    return { state, wholeBytes, nextSequence: this.#next };
  }
}
