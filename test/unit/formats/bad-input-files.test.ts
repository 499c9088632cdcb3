import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { formats } from "../../../src/formats/index.ts";
import { readInputs, type InputReading } from "../../../src/formats/input.ts";
import type { RandomBytes } from "../../../src/model/random-bytes.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { memoryHeld } from "../../support/memory.ts";
import { soundness } from "./read-format.ts";
import { SAMPLES, type Sample } from "./samples.ts";

/** What befalls a file on disk: every format meets every one of these too. */
const dir = mkdtempSync(join(tmpdir(), "whoforks-bad-input-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
let made = 0;

function file(name: string, bytes: Uint8Array): string {
  const path = join(mkdtempSync(join(dir, `${made++}-`)), name);
  writeFileSync(path, bytes);
  return path;
}

type Read = InputReading & { events: ProcessEvent[] };

async function read(names: string[], meanwhile?: () => void): Promise<Read> {
  const events: ProcessEvent[] = [];
  let todo = meanwhile;
  const progress = (): void => {
    todo?.();
    todo = undefined;
  };
  const result = await readInputs(names, { sink: (event) => events.push({ ...event }), progress });
  return { ...result, events };
}

function problems(result: Read): string[] {
  return result.streams.flatMap(({ reading }) =>
    soundness({ events: result.streams.length === 1 ? result.events : [], reading }).filter(
      (problem) => result.streams.length === 1 || !problem.includes("events told"),
    ),
  );
}

/** A file of more than two reads' length where the format can be repeated; a container is read piece by piece anyway. */
function long(format: (typeof formats)[number], { bytes }: Sample): Buffer {
  return "read" in format
    ? bytes
    : Buffer.concat(Array.from({ length: Math.ceil((5 << 19) / bytes.length) }, () => bytes));
}

for (const format of formats)
  describe(format.id, () => {
    const samples = SAMPLES[format.id] ?? [];
    const [first] = samples as [Sample];

    it("any name: what it is, its content says", async () => {
      for (const { bytes } of samples) {
        const expected = (await read([file("x.log", bytes)])).events;
        for (const name of ["x.gz", "x.xz", "x.jpg", "trace.dat", "audit.log", "pacct", "a b", "-x", "x.\u001b[2J"]) {
          const result = await read([file(name, bytes)]);
          expect(result.unusable, name).toEqual([]);
          expect(result.streams[0]?.stream.format, name).toBe(format.id);
          expect(result.events, name).toEqual(expected);
        }
      }
    });

    it("packed, and cut anywhere: what came before is read, and the cut is told", async () => {
      const packed = gzipSync(first.bytes);
      const whole = await read([file("x.gz", packed)]);
      expect(whole.unusable).toEqual([]);
      expect(whole.events).toEqual((await read([file("x", first.bytes)])).events);
      const step = Math.max(1, Math.floor(packed.length / 60));
      for (let at = 2; at < packed.length; at += step) {
        const cut = await read([file("x.gz", packed.subarray(0, at))]);
        expect(cut.unusable.map(({ reason }) => reason)).toContain("damaged");
        expect(problems(cut)).toEqual([]);
      }
    });

    it("encrypted: no format knows it, and nothing else happens", async () => {
      const scrambled = first.bytes.map((byte, i) => byte ^ ((i * 167 + (i >> 3) * 13 + 91) & 0xff));
      for (const [name, head] of [
        ["x.gz", "1f8b0800000000000003"],
        ["x.zst", "28b52ffd24"],
        ["x.xz", "fd377a585a000004"],
        ["x.gpg", "8c0d0409030a"],
        ["x.enc", Buffer.from("Salted__").toString("hex")],
      ] as const) {
        const result = await read([file(name, Buffer.concat([Buffer.from(head, "hex"), scrambled]))]);
        expect(result.unusable.length, name).toBeGreaterThan(0);
        expect(result.unusable.every(({ remedy }) => remedy.length > 20)).toBe(true);
        expect(result.events, name).toEqual([]);
      }
    });

    it("grows while it is read: what was there at first is read", async () => {
      const bytes = long(format, first);
      const expected = (await read([file("x", bytes)])).events;
      const path = file("x", bytes);
      const result = await read([path], () => appendFileSync(path, first.bytes));
      expect(result.events).toEqual(expected);
      expect(problems(result)).toEqual([]);
    });

    it("rotated away while it is read: the file that was opened is read to its end", async () => {
      const bytes = long(format, first);
      const expected = (await read([file("x", bytes)])).events;
      const path = file("x", bytes);
      const result = await read([path], () => {
        renameSync(path, `${path}.1`);
        writeFileSync(path, "something else\n");
      });
      expect(result.events).toEqual(expected);
    });

    it("emptied or deleted while it is read: what could be read counts", async () => {
      for (const meanwhile of [
        (path: string) => truncateSync(path, 0),
        (path: string) => truncateSync(path, 700),
        rmSync,
      ]) {
        const path = file("x", long(format, first));
        const result = await read([path], () => meanwhile(path));
        expect(problems(result)).toEqual([]);
      }
    });

    it("the same file under several names is read once", async () => {
      const path = file("x", first.bytes);
      const expected = await read([path]);
      symlinkSync(path, `${path}-link`);
      linkSync(path, `${path}-hard`);
      const again = await read([path, path, relative(process.cwd(), path), `${path}-link`, `${path}-hard`]);
      expect(again.streams.map(({ stream }) => stream.format)).toEqual([format.id]);
      expect(again.events).toEqual(expected.events);
    });

    it("two of one format are two streams, each from time 0", async () => {
      const result = await read([file("a", first.bytes), file("b", first.bytes)]);
      const one = (await read([file("x", first.bytes)])).events;
      expect(result.streams).toHaveLength(2);
      expect(result.events).toEqual([...one, ...one]);
    });
  });

function memory(): number {
  const { heapUsed, external } = memoryHeld();
  return heapUsed + external;
}

/** More than a line may keep (1 MiB), some pieces, and what is collected late. */
const MOST = 16 << 20;

describe("a line of 100 MB", () => {
  it.each(formats.filter((format) => "open" in format).map((format) => [format.id, format] as const))(
    "%s: memory stays flat, and what stands around it is read",
    (id, format) => {
      if (!("open" in format)) return;
      const { bytes } = (SAMPLES[id] as readonly Sample[])[0] as Sample;
      // Some samples end within a line.
      const sample = Buffer.concat([bytes, Buffer.from("\n")]);
      let events = 0;
      const reader = format.open(() => () => void events++);
      const alone = format.open(() => () => void events++);
      alone.push(sample, "file");
      const { ledger } = alone.end();
      const expected = ledger.events;
      events = 0;
      reader.push(sample, "file");
      const before = memory();
      const piece = Buffer.alloc(1 << 20, "a");
      for (let at = 0; at < 100; at++) {
        reader.push(piece, "file");
        if (at === 50 || at === 99) expect(memory() - before).toBeLessThan(MOST);
      }
      reader.push(Buffer.from("\n"), "file");
      reader.push(sample, "file");
      const reading = reader.end();
      expect(reading.ledger.skipped).toBeGreaterThan(2 * ledger.skipped);
      expect(reading.ledger.events).toBe(events);
      expect(events).toBeGreaterThanOrEqual(expected);
    },
  );

  it.each(formats.filter((format) => "read" in format).map((format) => [format.id, format] as const))(
    "%s: 100 MB of one byte behind its own",
    async (id, format) => {
      const { bytes } = (SAMPLES[id] as readonly Sample[])[0] as Sample;
      const before = memory();
      let most = 0;
      let reads = 0;
      const source: RandomBytes = {
        size: bytes.length + (100 << 20),
        read(at: number, length: number) {
          if (++reads % 64 === 0) most = Math.max(most, memory() - before);
          const piece = Buffer.alloc(Math.max(0, Math.min(length, this.size - at)), "a");
          if (at < bytes.length) bytes.copy(piece, 0, at);
          return piece;
        },
      };
      let events = 0;
      const reading = await format.read(
        source,
        "file",
        () => () => void events++,
        () => false,
      );
      expect(reading.ledger.events).toBe(events);
      expect(events).toBeGreaterThan(10);
      expect(most).toBeLessThan(4 * MOST);
    },
  );
});
