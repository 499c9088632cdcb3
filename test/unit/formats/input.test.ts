import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { recognise } from "../../../src/formats/index.ts";
import { readInputs, type InputReading, type ReadOptions } from "../../../src/formats/input.ts";
import { rotatedSets } from "../../../src/formats/rotation.ts";
import { readAudit, SAMPLE, syscall } from "./audit-lines.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-input-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function read(
  names: string[],
  more: Partial<Omit<ReadOptions, "sink">> = {},
): Promise<InputReading & { events: ProcessEvent[] }> {
  const events: ProcessEvent[] = [];
  const result = await readInputs(names, { sink: (event) => events.push(event), ...more });
  return { ...result, events };
}

function folder(name: string, files: Record<string, Uint8Array | string>): string {
  const path = join(dir, name);
  mkdirSync(path);
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

/** The sample cut at line ends into `count` parts. */
function parts(count: number): Buffer[] {
  const lines = SAMPLE.toString("latin1").split(/(?<=\n)/);
  const size = Math.ceil(lines.length / count);
  return Array.from({ length: count }, (_, i) => Buffer.from(lines.slice(i * size, (i + 1) * size).join(""), "latin1"));
}

describe("rotated sets", () => {
  it("put the oldest first, whatever the order of naming", () => {
    expect(
      rotatedSets(["/l/audit.log", "/l/audit.log.1", "/l/audit.log.10.gz", "/l/audit.log.2", "/l/audit.log"]),
    ).toEqual([
      { name: "/l/audit.log", paths: ["/l/audit.log.10.gz", "/l/audit.log.2", "/l/audit.log.1", "/l/audit.log"] },
    ]);
  });

  it("know logrotate's dates", () => {
    expect(
      rotatedSets(["/l/audit.log", "/l/audit.log-20260102.gz", "/l/audit.log-20251231", "/l/audit.log-20260102-1200"]),
    ).toMatchObject([
      {
        name: "/l/audit.log",
        paths: ["/l/audit.log-20251231", "/l/audit.log-20260102.gz", "/l/audit.log-20260102-1200", "/l/audit.log"],
      },
    ]);
  });

  it("keep folders and other names apart", () => {
    expect(rotatedSets(["/a/audit.log", "/b/audit.log.1", "/a/other.log", "-"]).map((set) => set.paths)).toEqual([
      ["/a/audit.log"],
      ["/b/audit.log.1"],
      ["/a/other.log"],
      ["-"],
    ]);
  });
});

describe("reading", () => {
  it("a rotated and packed folder gives what the concatenation gives", async () => {
    const [a, b, c, d] = parts(4) as [Buffer, Buffer, Buffer, Buffer];
    const path = folder("rotated", {
      "audit.log.3.gz": gzipSync(a),
      "audit.log.2": b,
      "audit.log.1.gz": Buffer.concat([gzipSync(c.subarray(0, 1000)), gzipSync(c.subarray(1000))]),
      "audit.log": d,
    });
    const { events, streams, unusable } = await read([path]);
    const whole = readAudit(SAMPLE);
    expect(events).toEqual(whole.events);
    expect(unusable).toEqual([]);
    expect(streams).toHaveLength(1);
    expect(streams[0]?.stream).toEqual({
      format: "audit",
      name: join(path, "audit.log"),
      files: ["audit.log.3.gz", "audit.log.2", "audit.log.1.gz", "audit.log"].map((file) => join(path, file)),
    });
    expect(streams[0]?.reading.ledger).toMatchObject({ events: events.length, skipped: 0 });
    const named = await read(
      ["audit.log", "audit.log.1.gz", "audit.log.3.gz", "audit.log.2"].map((file) => join(path, file)),
    );
    expect(named.events).toEqual(whole.events);
  });

  it("events may span files", async () => {
    const text = SAMPLE.toString("latin1");
    const cut = text.indexOf("type=EXECVE");
    const path = folder("spanning", { "audit.log.1": text.slice(0, cut), "audit.log": text.slice(cut) });
    expect((await read([path])).events).toEqual(readAudit(SAMPLE).events);
  });

  it("a large log by many chunks gives what one gives, and tells its progress", async () => {
    const lines = Array.from({ length: 9000 }, (_, i) =>
      syscall({ nr: 57, success: `yes exit=${i + 1}`, serial: i, pid: 100 + (i % 500) }),
    );
    const text = lines.join("");
    const path = folder("large", { "audit.log": text });
    const steps: [number, number][] = [];
    const { events } = await read([path], { progress: (done, total) => steps.push([done, total]) });
    expect(text.length).toBeGreaterThan(2 << 20);
    expect(events).toEqual(readAudit(text).events);
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.at(-1)).toEqual([text.length, text.length]);
    expect(steps.map(([done]) => done)).toEqual(steps.map(([done]) => done).toSorted((a, b) => a - b));
  });

  it("standard input, plain", async () => {
    const { events, streams } = await read(["-"], {
      stdin: Readable.from([SAMPLE.subarray(0, 10), SAMPLE.subarray(10)]),
    });
    expect(events).toEqual(readAudit(SAMPLE, 1 << 20, "-").events);
    expect(streams[0]?.stream).toEqual({ format: "audit", name: "-", files: ["-"] });
  });

  it("standard input, gzip", async () => {
    const packed = gzipSync(SAMPLE);
    const { events } = await read(["-"], {
      stdin: Readable.from([packed.subarray(0, 1), packed.subarray(1, 500), packed.subarray(500)]),
    });
    expect(events).toEqual(readAudit(SAMPLE).events);
  });

  it.each([
    ["xz", "Z_XZ"],
    ["zst", "Z_ZSTD"],
  ])(
    "%s: a file, several parts in one, standard input, rotated sets; one cut short is said to be",
    async (kind, code) => {
      const packed = readFileSync(
        new URL(`../../fixtures/audit/storm-by-32-bit-and-more.log.${kind}`, import.meta.url),
      );
      const whole = readAudit(SAMPLE).events;
      const path = folder(kind, { [`audit.log.${kind}`]: packed });
      expect(await read([path])).toMatchObject({ events: whole, unusable: [] });
      const stdin = Readable.from([packed.subarray(0, 3), packed.subarray(3, 9), packed.subarray(9)]);
      expect((await read(["-"], { stdin })).events).toEqual(whole);
      const set = folder(`${kind}-set`, {
        [`audit.log.1.${kind}`]: Buffer.concat([packed, packed]),
        "audit.log": SAMPLE,
      });
      const rotated = await read([set]);
      expect(rotated.streams.map(({ stream }) => stream.files.length)).toEqual([2]);
      expect(rotated.events).toEqual(readAudit(Buffer.concat([SAMPLE, SAMPLE, SAMPLE])).events);
      for (let at = 6; at < packed.length; at += 97) {
        const cut = await read(["-"], { stdin: Readable.from([packed.subarray(0, at)]) });
        expect(cut.unusable).toMatchObject([{ reason: "damaged", detail: code }]);
      }
    },
  );

  it("zstd that asks for more memory than is usual is refused", async () => {
    const header = Buffer.from("28b52ffd00f8000000000000000000000000000000", "hex");
    const { unusable } = await read(["-"], { stdin: Readable.from([header]) });
    expect(unusable).toMatchObject([{ reason: "damaged", detail: "Z_ZSTD_WINDOW" }]);
  });

  it("several logs are several streams, each from time 0", async () => {
    const one = folder("host-a", { "audit.log": SAMPLE });
    const two = folder("host-b", { "audit.log": SAMPLE });
    const begun: string[] = [];
    const { events, streams } = await read([one, two], { onStream: (stream) => begun.push(stream.name) });
    expect(streams).toHaveLength(2);
    expect(begun).toEqual([join(one, "audit.log"), join(two, "audit.log")]);
    const once = readAudit(SAMPLE).events;
    expect(events).toEqual([...once, ...once]);
  });

  it("stops when told to", async () => {
    const path = folder("aborted", { "audit.log.1": SAMPLE, "audit.log": SAMPLE });
    const stop = new AbortController();
    const { aborted, streams } = await read([path], { signal: stop.signal, progress: () => stop.abort() });
    expect(aborted).toBe(true);
    expect(streams.flatMap(({ stream }) => stream.files).length).toBeLessThanOrEqual(1);
    expect((await read([path], { signal: AbortSignal.abort() })).streams).toEqual([]);
  });
});

describe("what cannot be used is told, with what to do", () => {
  const reasons = (result: InputReading): [string, string, string | null][] =>
    result.unusable.map(({ path, reason, detail }) => [path.slice(dir.length + 1), reason, detail]);

  it("missing, empty, unrecognised, packed otherwise; the rest is read", async () => {
    const path = folder("mixed", {
      empty: "",
      "notes.txt": "dear diary\n",
      "x.bz2": Buffer.from("425a683931", "hex"),
      "audit.log": SAMPLE,
    });
    const result = await read([join(dir, "nothing"), path]);
    expect(new Set(reasons(result).map((reason) => reason.join(" ")))).toEqual(
      new Set([
        "nothing missing ENOENT",
        "mixed/empty empty ",
        "mixed/notes.txt unrecognised ",
        "mixed/x.bz2 compressed bzip2",
      ]),
    );
    expect(result.unusable.every(({ remedy }) => remedy.length > 20)).toBe(true);
    expect(result.events).toEqual(readAudit(SAMPLE).events);
  });

  it("an empty folder", async () => {
    expect(reasons(await read([folder("hollow", {})]))).toEqual([["hollow", "empty", null]]);
  });

  it("a FIFO, a device, a link inside a folder: none is opened", async () => {
    const path = folder("special", {});
    execFileSync("mkfifo", [join(path, "audit.log")]);
    symlinkSync("/etc/passwd", join(path, "audit.log.1"));
    expect(reasons(await read([path])).toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ["special/audit.log", "special", null],
      ["special/audit.log.1", "special", null],
    ]);
    expect(reasons(await read([join(path, "audit.log")]))).toEqual([["special/audit.log", "special", null]]);
    expect((await read(["/dev/zero"])).unusable).toMatchObject([{ path: "/dev/zero", reason: "special" }]);
  });

  it("a link that the user names is followed", async () => {
    const path = folder("linked", { "audit.log": SAMPLE });
    symlinkSync(join(path, "audit.log"), join(path, "current"));
    expect((await read([join(path, "current")])).events).toEqual(readAudit(SAMPLE).events);
  });

  it("a gzip file cut short gives what could be unpacked, and says so", async () => {
    const many = Buffer.concat(Array.from({ length: 200 }, () => SAMPLE));
    const path = join(folder("cut", { "audit.log.gz": gzipSync(many) }), "audit.log.gz");
    truncateSync(path, 20_000);
    const result = await read([path]);
    expect(reasons(result)).toEqual([["cut/audit.log.gz", "damaged", "Z_BUF_ERROR"]]);
    expect(result.events.length).toBeGreaterThan(50);
  });

  it("a terminal", async () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    expect((await read(["-"], { stdin })).unusable).toMatchObject([{ path: "-", reason: "terminal" }]);
    expect((await read(["-"], { stdin: Readable.from([]) })).unusable).toMatchObject([{ path: "-", reason: "empty" }]);
  });
});

it("recognises by content, not by name", () => {
  expect(recognise(SAMPLE)?.id).toBe("audit");
  expect(recognise(Buffer.from("dear diary\n"))).toBeNull();
});
