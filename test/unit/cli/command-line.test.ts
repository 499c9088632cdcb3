import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeOriginalCaseLog } from "../../../lab/make-original-case-log.mjs";
import { diagnosed, whoforks } from "../../support/whoforks.ts";

let folder = "";
let log = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "whoforks-cli-"));
  log = join(folder, "audit.log");
  makeOriginalCaseLog({ output: log, generations: 2000 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("usage", () => {
  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await whoforks(["--version"])).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("helps with an example and the exit codes", async () => {
    const { exitCode, stdout } = await whoforks(["diagnose", "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("sudo whoforks diagnose");
    expect(stdout).toContain("4 not enough privilege");
  });

  it.each([
    [["diagnos"], "diagnose"],
    [["diagnose", "--duraton", "3s"], "--duration"],
    [["diagnose", "--duration", "soon"], "500ms, 5s or 2m"],
    [["diagnose", "--root", "/"], "--from"],
    [["diagnose", "--from", "/nonexistent/audit.log"], "missing"],
    [["diagnose", "--lang", "tlh"], "zh-CN"],
  ])("%j is wrong usage: exit 2 and a hint", async (args, hint) => {
    const { exitCode, stdout, stderr } = await whoforks(args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("input that cannot be used", () => {
  it.each([
    ["an empty file", "", "empty"],
    ["something else", "hello\nworld\n".repeat(50), "unrecognised"],
    ["zeros", Buffer.alloc(5000), "unrecognised"],
  ])("%s: exit 2 with the reason and what to do", async (name, content, why) => {
    const { exitCode, stdout, stderr } = await whoforks(["diagnose", "--from", file(name, content)]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(why);
    expect(stderr.trim().split("\n").length).toBeGreaterThan(1);
  });

  it("does not open a root that is not there", async () => {
    const { exitCode, stderr } = await whoforks(["diagnose", "--from", log, "--root", "/nonexistent"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--root");
  });

  it("uses what is usable and says what was not", async () => {
    const { exitCode, result } = await diagnosed(["--from", log, file("other.txt", "not a log\n")]);
    expect(exitCode).toBe(1);
    expect(result.couldNotLook.map((gap) => gap.code)).toContain("input.unrecognised");
  });

  it("counts the damage in a log and uses the rest", async () => {
    const good = readFileSync(log);
    const damaged = Buffer.concat([
      good.subarray(0, 100_000),
      Buffer.from("\r\ntype=SYSCALL msg=audit(garbage\n\0\0\0\0\n\u001b]52;c;aGk=\u0007\n"),
      good.subarray(100_000),
    ]);
    const { exitCode, result } = await diagnosed(["--from", file("damaged.log", damaged)]);
    expect(exitCode).toBe(1);
    expect(result.storms[0]?.kind).toBe("self-replicating-chain");
    expect(result.sources[0]?.skipped).toBeGreaterThan(0);
    expect(result.sources[0]?.examples?.length).toBeGreaterThan(0);
  });
});

describe("logs", () => {
  it("are read from standard input, and from a folder", async () => {
    const dir = join(folder, "rotated");
    mkdirSync(dir, { recursive: true });
    const bytes = readFileSync(log);
    const cut = bytes.indexOf(10, bytes.length / 2) - 40;
    writeFileSync(join(dir, "audit.log.1"), bytes.subarray(0, cut));
    writeFileSync(join(dir, "audit.log"), bytes.subarray(cut));
    const [whole, piped, folded] = await Promise.all([
      diagnosed(["--from", log]),
      diagnosed(["--from", "-"], { input: bytes }),
      diagnosed(["--from", dir]),
    ]);
    expect(piped.result.storms).toEqual(JSON.parse(JSON.stringify(whole.result.storms).replaceAll(log, "-")));
    expect(folded.result.storms[0]?.processes).toBe(whole.result.storms[0]?.processes);
  });

  it("say that without a root nobody looked whose file it is", async () => {
    const { result } = await diagnosed(["--from", log]);
    expect(result.identities).toEqual([]);
    expect(result.couldNotLook.filter((gap) => gap.code === "identity.no-root-given")).toHaveLength(1);
    expect(result.advice.map((a) => a.code)).toContain("advice.give-root");
  });
});

describe("a log with the records of two hosts", () => {
  it("tells two storms of the right size, not one muddle", async () => {
    const lines = readFileSync(log, "latin1").split(/(?<=\n)/);
    // The same records, hence the same PIDs, serials and times; the second host is some way behind in sending them.
    const behind = 700;
    const mixed = Array.from({ length: lines.length + behind }, (_, i) => {
      const [ofWeb, ofDb] = [lines[i], lines[i - behind]];
      return (ofWeb === undefined ? "" : `node=web ${ofWeb}`) + (ofDb === undefined ? "" : `node=db ${ofDb}`);
    });
    const [alone, { exitCode, result }] = await Promise.all([
      diagnosed(["--from", log]),
      diagnosed(["--from", file("two-hosts.log", Buffer.from(mixed.join(""), "latin1"))]),
    ]);
    expect(exitCode).toBe(1);
    const [storm] = alone.result.storms;
    expect(storm?.processes).toBeGreaterThanOrEqual(2000);
    const told = ({ storms }: typeof result): unknown[] =>
      storms.map(({ kind, program, processes, generations, lifetimeMs }) => ({
        kind,
        program,
        processes,
        generations,
        lifetimeMs,
      }));
    expect(told(result)).toEqual([...told(alone.result), ...told(alone.result)]);
    expect(result.sources[0]?.events).toBe(2 * (alone.result.sources[0]?.events ?? 0));
    expect(result.sources[0]?.note).toContain("web, db");
    expect(result.host.hostname).toBeNull();
    expect(result.window).toEqual(alone.result.window);
  });
});

describe("output", () => {
  it("goes to a file of its owner's, never through a link", async () => {
    const target = join(folder, "result.json");
    expect((await whoforks(["diagnose", "--from", log, "--json", "-o", target])).exitCode).toBe(1);
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(target, "utf8"))).toMatchObject({ schema: "whoforks/diagnosis/1" });
    const link = join(folder, "link.json");
    symlinkSync(target, link);
    expect((await whoforks(["diagnose", "--from", log, "-o", link])).exitCode).toBe(2);
  });

  it("speaks Chinese when asked by flag or environment", async () => {
    const { stdout } = await whoforks(["diagnose", "--from", log], {
      env: { LANG: "zh_CN.UTF-8", LC_ALL: "", LANGUAGE: "" },
    });
    expect(stdout).toMatch(/[\u4e00-\u9fff]/);
    const english = await whoforks(["diagnose", "--from", log, "--lang", "en"], { env: { LANG: "zh_CN.UTF-8" } });
    expect(english.stdout).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it("carries no control byte of a hostile log to the terminal", async () => {
    const name = Buffer.from("\u001b[31mroot\u0007\u202e\n").toString("hex").toUpperCase();
    const hostile = readFileSync(log, "latin1")
      .replaceAll('comm="atd"', `comm=${name}`)
      .replaceAll('exe="/usr/bin/atd"', `exe=2F${name}`);
    const { exitCode, stdout } = await whoforks([
      "diagnose",
      "-v",
      "--from",
      file("hostile.log", Buffer.from(hostile, "latin1")),
    ]);
    expect(exitCode).toBe(1);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(stdout).toContain("\\x1b");
  });
});
