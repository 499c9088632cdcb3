import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTime } from "../../../src/cli/time-point.ts";
import { events as schema } from "../../../src/formats/event-schema.ts";
import { whoforks } from "../../support/whoforks.ts";
import { record, syscall } from "../formats/audit-lines.ts";

const BIN = fileURLToPath(new URL("../../../bin/whoforks", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../../fixtures/audit/", import.meta.url));
const MIX = join(FIXTURES, "one-of-each.log");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "whoforks-events-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Line {
  pid: number | null;
  exe: unknown;
  syscall: string | null;
  keys: string[];
  time: string;
  serial: number;
  records: { type: string; fields: Record<string, unknown> }[];
}

/** Runs the command and checks every line against the schema. */
async function events(
  args: string[],
  input?: string | Buffer,
): Promise<{ code: number | null; lines: Line[]; stderr: string }> {
  const run = await whoforks(["events", ...args], input === undefined ? {} : { input });
  const lines = run.stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  for (const line of lines) {
    const checked = schema.safeParse(line);
    if (!checked.success) throw new Error(`${checked.error.message}\n${JSON.stringify(line)}`);
  }
  return { code: run.exitCode, lines, stderr: run.stderr };
}

describe("whoforks events", () => {
  it("prints every event of a log, one a line, and how complete the log is", async () => {
    const { code, lines, stderr } = await events(["--from", MIX]);
    const serials = [...readFileSync(MIX, "latin1").matchAll(/msg=audit\(([\d.]+:\d+)\)/g)].map(([, stamp]) => stamp);
    expect(code).toBe(0);
    expect(lines).toHaveLength(new Set(serials).size);
    expect(stderr).toMatch(/372 lines read, 372 understood, 0 not; \d+ events from 2026-11-25T02:18:27\.373Z to/);
    expect(stderr).toContain("completeness: the log does not say whether records were lost");
    expect(stderr).toContain("(a hint only: excluded records use numbers too)");
  });

  it("filters are combined by and", async () => {
    const all = (await events(["--from", MIX, "-q"])).lines;
    const keep = async (args: string[], holds: (line: Line) => boolean): Promise<void> => {
      const { lines, stderr } = await events(["--from", MIX, "-q", ...args]);
      const expected = all.filter(holds);
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(all.length);
      expect(lines).toEqual(expected);
      expect(stderr).toBe("");
    };
    await keep(["--syscall", "openat", "execve"], ({ syscall: call }) => call === "openat" || call === "execve");
    await keep(["--syscall", "59"], ({ syscall: call }) => call === "execve");
    await keep(["--exe", "/srv/mix/mix"], ({ exe }) => exe === "/srv/mix/mix");
    await keep(["--exe", "dash"], ({ exe }) => exe === "/usr/bin/dash");
    await keep(["--key", "mixed"], ({ keys }) => keys.includes("mixed"));
    const { pid, serial, time } = all[Math.floor(all.length / 2)] as Line;
    await keep(["--pid", String(pid)], (line) => line.pid === pid);
    await keep(["--since", time], (line) => line.time >= time);
    await keep(["--until", String(Date.parse(time) / 1000)], (line) => line.time <= time);
    await keep(
      ["--since", time, "--until", time, "--pid", String(pid)],
      (line) => line.time === time && line.pid === pid,
    );
    expect(all.some((line) => line.serial === serial)).toBe(true);
  });

  it("finds nothing: exit 0, and the account tells which time the log covers", async () => {
    const { code, lines, stderr } = await events(["--from", MIX, "--exe", "/no/such"]);
    expect([code, lines]).toEqual([0, []]);
    expect(stderr).toContain("0 events printed");
  });

  it("reads standard input, packed and rotated logs", async () => {
    const bytes = readFileSync(MIX);
    const plain = (await events(["--from", MIX])).lines.map((line) => ({ ...line, file: "", line: 0 }));
    const same = (lines: Line[]): unknown[] => lines.map((line) => ({ ...line, file: "", line: 0 }));
    expect(same((await events(["--from", "-"], bytes)).lines)).toEqual(plain);
    expect(same((await events(["--from", "-"], gzipSync(bytes))).lines)).toEqual(plain);
    const cut = bytes.indexOf("\ntype=EXECVE") + 1;
    mkdirSync(join(folder, "rotated"));
    file("rotated/audit.log.1.gz", gzipSync(bytes.subarray(0, cut)));
    file("rotated/audit.log", bytes.subarray(cut));
    expect(same((await events(["--from", join(folder, "rotated")])).lines)).toEqual(plain);
  });

  it("names users by the passwd of --root, and not by this machine's", async () => {
    mkdirSync(join(folder, "root", "etc"), { recursive: true });
    file("root/etc/passwd", "admin:x:0:0::/:/bin/sh\nstorm:x:1000:1::/:/bin/sh\n");
    file("root/etc/group", "wheel:x:0:\n");
    const log = file("users.log", syscall({ nr: 39, success: "yes exit=1", serial: 1 }));
    const of = async (args: string[]): Promise<unknown> => {
      const { lines } = await events(["--from", log, ...args]);
      const { auid, uid, gid } = lines[0]?.records[0]?.fields ?? {};
      return { auid, uid, gid };
    };
    expect(await of([])).toEqual({ auid: 1000, uid: 0, gid: 0 });
    expect(await of(["--root", join(folder, "root")])).toEqual({ auid: "storm", uid: "admin", gid: "wheel" });
  });

  it("bytes that are not UTF-8, escape sequences and hostile names come out harmless", async () => {
    const log = file(
      "hostile.log",
      syscall({ nr: 59, success: "yes exit=0", serial: 1, comm: "1B5B324A", exe: "2FFF" }) +
        record("PATH", 1, 'item=0 __proto__=1 name="/x"'),
    );
    const { exitCode, stdout } = await whoforks(["events", "--from", log]);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("\u001b");
    const line = JSON.parse(stdout) as Record<string, unknown>;
    expect(line).toMatchObject({
      comm: "\u001b[2J",
      exe: { bytes: Buffer.from("/\xff", "latin1").toString("base64") },
    });
  });

  it("a reader that goes away is no error", async () => {
    const big = file("big.log", readFileSync(MIX, "latin1").repeat(60));
    const child = spawn(process.execPath, [BIN, "events", "--from", big], { stdio: ["ignore", "pipe", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString()));
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, complaint]).toEqual([0, ""]);
  });

  it("a log that is still written is printed as it comes, and ends in order when interrupted", async () => {
    const child = spawn(process.execPath, [BIN, "events", "--from", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.on("error", () => undefined);
    let text = "";
    let account = "";
    child.stderr.on("data", (bytes: Buffer) => (account += bytes.toString()));
    const told = new Promise<void>((resolve) =>
      child.stdout.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        if (text.endsWith("\n")) resolve();
      }),
    );
    child.stdin.write(
      syscall({ nr: 59, success: "yes exit=0", serial: 1 }) +
        record("EXECVE", 1, 'argc=1 a0="x"') +
        record("PROCTITLE", 1, "proctitle=78"),
    );
    // Standard input stays open: only what is whole by itself can have been printed.
    await told;
    expect(JSON.parse(text)).toMatchObject({ serial: 1, argv: ["x"] });
    child.kill("SIGINT");
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
    expect(account).toContain("1 events printed");
  });

  it("process events of other logs; filters that only audit can answer are refused by name", async () => {
    const strace = file(
      "strace.log",
      '12 execve("/bin/sh", ["sh"], 0x7ffe /* 5 vars */) = 0\n12 clone(child_stack=NULL, flags=SIGCHLD) = 13\n13 exit_group(3) = ?\n13 +++ exited with 3 +++\n12 +++ exited with 0 +++\n',
    );
    const { code, lines } = await events(["--from", strace]);
    expect(code).toBe(0);
    expect(lines.map((line) => (line as unknown as { event: { type: string } }).event.type)).toContain("fork");
    const ofChild = await events(["--from", strace, "--pid", "13", "--exe", "sh"]);
    expect(ofChild.lines).toMatchObject([{ format: "strace", event: { type: "exit", pid: 13, code: 3 } }]);
    const refused = await whoforks(["events", "--from", strace, "--syscall", "clone", "--since", "-1h"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("--syscall, --since");
    expect(refused.stderr).toContain("--exe and --pid work with every log");
  });

  it.each([
    [[], "--from"],
    [["--from", "/nonexistent/audit.log"], "missing"],
    [["--from", MIX, "--since", "soon"], "2026-11-25T02:15:00Z"],
    [["--from", MIX, "--pid", "x"], "812"],
    [["--from", MIX, "--root", "/nonexistent"], "--root"],
  ])("%j is wrong usage: exit 2 and a hint", async (args, hint) => {
    const { exitCode, stdout, stderr } = await whoforks(["events", ...args]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("helps with an example", async () => {
    const { exitCode, stdout } = await whoforks(["events", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("tail -F /var/log/audit/audit.log | whoforks events --from -");
  });
});

describe("points in time", () => {
  const now = Date.UTC(2026, 10, 25, 12, 30, 0);
  it.each([
    ["now", now],
    ["today", Date.UTC(2026, 10, 25)],
    ["yesterday", Date.UTC(2026, 10, 24)],
    ["-10min", now - 600_000],
    ["-1.5h", now - 5_400_000],
    ["-2d", now - 172_800_000],
    ["02:15", Date.UTC(2026, 10, 25, 2, 15)],
    ["2:15:30.5", Date.UTC(2026, 10, 25, 2, 15, 30, 500)],
    ["1795573107", 1_795_573_107_000],
    ["1795573107.506", 1_795_573_107_506],
    ["2026-11-25", Date.UTC(2026, 10, 25)],
    ["2026-11-25T02:15:00Z", Date.UTC(2026, 10, 25, 2, 15)],
    ["2026-11-25 02:15", Date.UTC(2026, 10, 25, 2, 15)],
    ["2026-11-25T03:15+01:00", Date.UTC(2026, 10, 25, 2, 15)],
    ["2026-13-25", null],
    ["25:00", null],
    ["-10", null],
    ["", null],
  ])("%s", (text, expected) => {
    expect(readTime(text, now)).toBe(expected);
  });
});
