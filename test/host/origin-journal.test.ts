import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JournalFile, type JournalEntry } from "../../src/origin/systemd-journal/file.ts";
import { origin as schema } from "../../src/origin/schema.ts";
import { UnpackedPackages } from "../support/debian-packages.ts";
import { need, needsProgram } from "../support/needs.ts";
import { whoforks } from "../support/whoforks.ts";

/** Journals that systemd's own programs make of the export format, and read again. */
const FIELDS = new Set(["MESSAGE", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "UNIT", "MESSAGE_ID"]);
const LIBRARIES = ["usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu"];
let tools: UnpackedPackages;
beforeAll(() => {
  tools = new UnpackedPackages("systemd-journal-remote", "libmicrohttpd12");
});
afterAll(() => tools.remove());

type Written = { us: number } & Record<string, string | number>;

function journalOf(name: string, entries: readonly Written[], compact: boolean): string {
  const lines = entries.map(({ us, ...fields }, index) => {
    const boot = "4f3f1d6b3a6e4a7f9d6e5b6c7d8e9f00";
    const head = `__REALTIME_TIMESTAMP=${us}\n__MONOTONIC_TIMESTAMP=${index + 1}\n_BOOT_ID=${boot}\n`;
    return `${head}${Object.entries(fields)
      .map(([key, value]) => `${key}=${value}\n`)
      .join("")}\n`;
  });
  const [input, output] = [tools.path(`${name}.export`), tools.path(`${name}.journal`)];
  fs.writeFileSync(input, lines.join(""));
  // Debian 13 has no /lib of its own any more.
  const program = ["lib", "usr/lib"]
    .map((lib) => tools.path(`${lib}/systemd/systemd-journal-remote`))
    .find((file) => fs.existsSync(file));
  execFileSync(program ?? "systemd-journal-remote", ["-o", output, input], {
    env: {
      LD_LIBRARY_PATH: [...LIBRARIES.map((each) => tools.path(each)), "/usr/lib/systemd", "/lib/systemd"].join(":"),
      SYSTEMD_JOURNAL_COMPACT: compact ? "1" : "0",
    },
    stdio: "pipe",
  });
  return output;
}

async function read(path: string, from: number, to: number): Promise<{ entries: JournalEntry[]; damaged: number }> {
  const fd = fs.openSync(path, "r");
  try {
    const file = JournalFile.open(fd, FIELDS);
    if ("problem" in file) throw new Error(file.problem);
    const entries: JournalEntry[] = [];
    for await (const entry of file.between(from, to)) entries.push(entry);
    return { entries, damaged: file.damaged };
  } finally {
    fs.closeSync(fd);
  }
}

/** What journalctl says: time in microseconds, name, message. */
function journalctl(path: string): (readonly [number, string | undefined, string | undefined])[] {
  const text = execFileSync("/usr/bin/journalctl", ["--file", path, "-o", "json", "--all", "--no-pager"], {
    env: { LC_ALL: "C" },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, string>)
    .map((entry) => [Number(entry["__REALTIME_TIMESTAMP"]), entry["SYSLOG_IDENTIFIER"], entry["MESSAGE"]]);
}

const plain = (entries: readonly JournalEntry[]): unknown[] =>
  entries.map(({ ms, fields }) => [Math.round(ms * 1000), fields.get("SYSLOG_IDENTIFIER"), fields.get("MESSAGE")]);

const START = 1_780_000_000_000_000;
const LONG = " x".repeat(2000);

describe("a journal", () => {
  test.for([false, true])(
    "says what journalctl says, whole and of a stretch of time; compact: %s",
    async (compact, context) => {
      needsProgram(context, "journalctl");
      need(context, tools.missing === null, String(tools.missing));
      const written = Array.from({ length: 200 }, (_, n) => ({
        us: START + n * 1_000_003,
        SYSLOG_IDENTIFIER: n % 3 === 0 ? "sudo" : "cron",
        // Every tenth is so long that it is packed.
        MESSAGE: `message ${n} é${n % 10 === 0 ? LONG : ""}`,
      }));
      const path = journalOf(`compact-${compact}`, written, compact);
      const all = journalctl(path);
      expect(all.length).toBe(written.length);
      for (const [from, to] of [
        [0, START * 2],
        [START + 50_000_150, START + 100_000_300],
        [START + 199 * 1_000_003, START * 2],
        [START * 2, START * 3],
      ] as const) {
        const { entries, damaged } = await read(path, from / 1000, to / 1000);
        expect(plain(entries)).toEqual(all.filter(([us]) => us >= from && us <= to));
        expect(damaged).toBe(0);
      }
      // Cut off or changed anywhere, it gives what is whole, and an end.
      const bytes = fs.readFileSync(path);
      const used = Number(bytes.readBigUInt64LE(136)) + 4096;
      for (let n = 0; n < 16; n++) {
        const damaged = Buffer.from(bytes.subarray(0, n % 2 === 0 ? used : Math.floor((used * n) / 16)));
        const flips = n % 2 === 0 ? 30 : 0;
        for (let k = 0; k < flips; k++) {
          const at = (k * 7919 + n * 104_729) % damaged.length;
          damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (k % 8)), at);
        }
        fs.writeFileSync(tools.path("damaged.journal"), damaged);
        const result = await read(tools.path("damaged.journal"), 0, START).catch((error: Error) => error.message);
        if (typeof result === "string") expect(["no-journal", "newer"]).toContain(result);
        else expect(result.entries.length).toBeLessThanOrEqual(written.length);
      }
    },
  );

  test("whose content is packed by LZ4 or XZ is read as journalctl reads it", async (context) => {
    needsProgram(context, "journalctl");
    needsProgram(context, "xz");
    need(context, tools.missing === null, String(tools.missing));
    const path = journalOf("packed", [{ us: START, MESSAGE: `a${LONG}` }], false);
    const content = Buffer.from(`MESSAGE=a${LONG}`);
    const xz = execFileSync("xz", ["--format=xz", "--check=none", "--stdout"], { input: content });
    for (const [flag, payload] of [
      [2, lz4(content, "MESSAGE=a x".length)],
      [1, xz],
    ] as const) {
      const bytes = fs.readFileSync(path);
      const object = packedObject(bytes);
      bytes.writeUInt32LE(bytes.readUInt32LE(12) | flag, 12);
      // A place of its own, behind everything else that is used.
      const place = Number(bytes.readBigUInt64LE(136)) + 65_536;
      bytes.copy(bytes, place, object, object + 64);
      bytes[place + 1] = flag;
      bytes.writeBigUInt64LE(BigInt(64 + payload.length), place + 8);
      payload.copy(bytes, place + 64);
      redirect(bytes, object, place);
      fs.writeFileSync(tools.path("repacked.journal"), bytes);
      const { entries } = await read(tools.path("repacked.journal"), 0, START);
      expect(entries.map(({ fields }) => fields.get("MESSAGE"))).toEqual([`a${LONG}`]);
      expect(plain(entries)).toEqual(journalctl(tools.path("repacked.journal")));
    }
  });
});

/** The one data object that is packed by zstd. */
function packedObject(bytes: Buffer): number {
  const magic = bytes.indexOf(Buffer.from("28b52ffd", "hex"));
  return magic - 64;
}

/** Lets every entry that has a data object have another. */
function redirect(bytes: Buffer, from: number, to: number): void {
  const old = Buffer.alloc(8);
  old.writeBigUInt64LE(BigInt(from));
  for (let at = bytes.indexOf(old); at !== -1; at = bytes.indexOf(old, at + 8)) bytes.writeBigUInt64LE(BigInt(to), at);
}

/** A block of LZ4: literals, a copy of the last two of them until five bytes are left, those as literals. */
function lz4(content: Buffer, literals: number): Buffer {
  const number = (value: number): number[] =>
    value < 15 ? [] : [...Array<number>(Math.floor((value - 15) / 255)).fill(255), (value - 15) % 255];
  const nibble = (value: number): number => Math.min(15, value);
  const match = content.length - literals - 5 - 4;
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(content.length));
  return Buffer.concat([
    size,
    Buffer.from([(nibble(literals) << 4) | nibble(match), ...number(literals)]),
    content.subarray(0, literals),
    Buffer.from([2, 0, ...number(match), 0x50]),
    content.subarray(content.length - 5),
  ]);
}

test("origin tells who was at work when the file came, and believes no name that the kernel contradicts", async (context) => {
  need(context, tools.missing === null, String(tools.missing));
  const root = tools.path("root");
  const machine = "0123456789abcdef0123456789abcdef";
  for (const folder of ["usr/bin", `var/log/journal/${machine}`]) fs.mkdirSync(join(root, folder), { recursive: true });
  fs.writeFileSync(join(root, "usr/bin/atd"), "x", { mode: 0o755 });
  const us = Date.now() * 1000;
  const command = (user: string): string =>
    `${user} : TTY=pts/0 ; PWD=/home/${user} ; USER=root ; COMMAND=/usr/bin/cp /tmp/x /usr/bin/atd`;
  const written = [
    { us: us - 86_400_000_000, SYSLOG_IDENTIFIER: "cron", _COMM: "cron", MESSAGE: "long ago" },
    { us: us - 3_000_000, SYSLOG_IDENTIFIER: "sudo", _COMM: "logger", MESSAGE: command("mallory") },
    { us: us - 2_000_000, SYSLOG_IDENTIFIER: "sudo", _COMM: "sudo", MESSAGE: command("alice") },
    {
      us: us - 1_000_000,
      SYSLOG_IDENTIFIER: "systemd",
      _COMM: "systemd",
      _PID: 1,
      UNIT: "atd.service",
      MESSAGE_ID: "39f53479d3a045ac8e11786248231fbf",
      MESSAGE: "Started atd.service.",
    },
  ];
  fs.copyFileSync(journalOf("host", written, false), join(root, `var/log/journal/${machine}/system.journal`));
  execFileSync("mkfifo", [join(root, `var/log/journal/${machine}/user-1000.journal`)]);
  fs.writeFileSync(join(root, `var/log/journal/${machine}/x.journal~`), "no journal");
  const { stdout } = await whoforks(["origin", "--root", root, "--json", "/usr/bin/atd"]);
  const origin = schema.parse(JSON.parse(stdout));
  expect(origin.verdict).toMatchObject({ code: "origin.by-command", args: { user: "alice" }, confidence: "medium" });
  const told = origin.events.filter(({ source }) => source === "journal");
  expect(told.map(({ code, args }) => [code, args["user"] ?? args["program"] ?? args["unit"]])).toEqual([
    ["origin.log-line", "logger"],
    ["origin.sudo", "alice"],
    ["origin.unit-started", "atd.service"],
  ]);
  expect(origin.sources.find(({ id }) => id === "journal")).toMatchObject({ files: [expect.stringMatching(/system/)] });
  const gaps = origin.couldNotLook.filter(({ what }) => typeof what === "string" && what.includes("journal/"));
  expect(gaps.map(({ code }) => code).toSorted()).toEqual(["origin.damaged", "origin.no-regular-file"]);
});
