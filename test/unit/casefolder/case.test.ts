import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CaseWriter } from "../../../src/casefolder/case-writer.ts";
import { openCase } from "../../../src/casefolder/case-reader.ts";
import { isCase } from "../../../src/casefolder/is-case.ts";
import { diagnoseCase } from "../../../src/cli/diagnose-case.ts";
import { exitCodeOf } from "../../../src/cli/exit-code.ts";
import { Failure } from "../../../src/cli/failure.ts";
import { withUnpacked } from "../../../src/cli/packed-case.ts";
import { diagnosis as schema } from "../../../src/diagnosis/schema.ts";
import type { Diagnosis } from "../../../src/diagnosis/result.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";
import { terminalReport } from "../../../src/report/terminal.ts";
import { forge, forgeManifest, makeCase, ODD, PARTS, rest, snapshot } from "../../support/cases.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-case-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function diagnosed(path: string): Promise<Diagnosis> {
  const progress = { show: () => undefined, clear: () => undefined };
  const { diagnosis } = await diagnoseCase({ version: "1", path, signal: new AbortController().signal, progress });
  return diagnosis;
}

let whole: string;
let copies = 0;
beforeAll(() => {
  writeFileSync(join(folder, "inittab"), "at:2345:respawn:/usr/bin/atd\n");
  whole = makeCase(folder, "whole");
});

it("packed by tar and gzip it is diagnosed as from its folder", async () => {
  const packed = join(folder, "whole.tar.gz");
  expect(spawnSync("tar", ["-czf", packed, "-C", folder, "whole"]).status).toBe(0);
  const again = await withUnpacked(packed, diagnosed);
  expect({ ...again, cost: null }).toEqual({ ...(await diagnosed(whole)), cost: null });
});

function copy(): string {
  const path = join(folder, `copy-${copies++}`);
  cpSync(whole, path, { recursive: true });
  return path;
}

describe("a case folder", () => {
  it("is its owner's alone", () => {
    expect(statSync(whole).mode & 0o7777).toBe(0o700);
    const files = readdirSync(whole, { recursive: true, encoding: "utf8" }).filter((name) => name !== "files");
    expect(files.sort()).toEqual([...PARTS, "files/0001", "files/0002", "manifest.json", "manifest.sha256"].sort());
    for (const name of files) expect(statSync(join(whole, name)).mode & 0o7777).toBe(0o600);
  });

  it("is never made over anything, nor through a link", () => {
    expect(() => new CaseWriter(whole, true)).toThrow("EEXIST");
    symlinkSync(join(folder, "elsewhere"), join(folder, "dangling"));
    expect(() => new CaseWriter(join(folder, "dangling"), true)).toThrow("EEXIST");
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
  });

  it("gives every fact back", () => {
    const kept = openCase(whole);
    expect(kept.damaged).toEqual([]);
    expect(kept.manifest).toMatchObject({ complete: true, problems: [], redaction: { commandLines: 2 } });
    expect(kept.manifest.events).toEqual({ kept: 30_002, dropped: 0 });
    const hidden = snapshot(2);
    const secret = hidden.processes.get(7);
    if (secret !== undefined) secret.argv = ["x", "--password=<redacted>"];
    expect(kept.after).toStrictEqual(hidden);
    expect(kept.run?.cgroupsOf).toStrictEqual(new Map([[ODD, new Map([[null, 3]])]]));
    expect(readFileSync(join(whole, "files/0001"), "utf8")).toBe("at:2345:respawn:/usr/bin/atd\n");
    expect(kept.manifest.parts.find((part) => part.name === "files/0001")?.source).toEqual({
      root: folder,
      path: "/inittab",
    });
  });

  it("keeps the lines of the package database as they are, and says what could not be read of it", () => {
    const bytes = Buffer.from("Package: at\n\xff", "latin1");
    expect(readFileSync(join(whole, "files/0002"))).toEqual(bytes);
    expect(openCase(whole).manifest.parts.find((part) => part.name === "files/0002")).toEqual({
      name: "files/0002",
      size: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      source: { root: folder, path: "/var/lib/dpkg/status" },
      excerpt: true,
    });
    const writer = new CaseWriter(join(folder, "unread"), true);
    const { problems } = writer.finish({ ...rest(folder, writer), excerptsMissing: ["package facts of /bin/x: EIO"] });
    expect(problems).toEqual(["package facts of /bin/x: EIO"]);
  });

  it("keeps secrets only when asked to", () => {
    const open = makeCase(folder, "open", false);
    const texts = (path: string): string => PARTS.map((name) => readFileSync(join(path, name), "latin1")).join();
    expect(texts(open)).toContain("hunter2");
    expect(texts(whole)).not.toContain("hunter2");
    expect(openCase(open).manifest.redaction).toBeNull();
  });

  it("of a host where nothing happened is one of a healthy host", async () => {
    const path = join(folder, "calm");
    const writer = new CaseWriter(path, true);
    const facts = rest(folder, writer);
    writer.finish({ ...facts, run: { ...facts.run, sources: [emptyLedger("tracefs", 0)] } });
    const result = await diagnosed(path);
    expect(result).toMatchObject({ sources: [{ kind: "tracefs", lost: 0 }], verdict: { outcome: "healthy" } });
  });

  it("is diagnosed from what it holds, and says what it does not hold", async () => {
    const result = await diagnosed(whole);
    expect(result.storms[0]).toMatchObject({ kind: "self-replicating-chain", program: { exe: ODD } });
    expect(result.storms[0]?.processes).toBeGreaterThan(9_900);
    expect(result.storms[0]?.perSecond).toBeGreaterThan(4900);
    expect(result.couldNotLook.map((gap) => gap.code)).toEqual(["case.not-recorded"]);
  });
});

describe("a damaged case", () => {
  const damage: [string, (file: string) => void][] = [
    ["gone", (file) => rmSync(file)],
    ["empty", (file) => truncateSync(file, 0)],
    ["cut", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ["longer", (file) => writeFileSync(file, "x", { flag: "a" })],
    [
      "changed in one bit",
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
        writeFileSync(file, bytes);
      },
    ],
    [
      "a link",
      (file) => {
        cpSync(file, `${file}.moved`);
        rmSync(file);
        symlinkSync(`${file}.moved`, file);
      },
    ],
    [
      "a folder",
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
  ];

  for (const [how, harm] of damage) {
    it.each([...PARTS, "files/0001"])(`%s is ${how}: it is named, and the rest is used`, async (name) => {
      const path = copy();
      harm(join(path, name));
      const result = await diagnosed(path);
      const gaps = result.couldNotLook.filter((gap) => gap.code === "case.damaged-part");
      expect(gaps.map((gap) => gap.what)).toEqual([`${name} of the case`]);
      // Without its events it is no quiet host.
      if (name === "events.bin") {
        expect(result.verdict.outcome).toBe("inconclusive");
        expect(exitCodeOf(result, false)).toBe(3);
      } else expect(result.storms[0]?.kind).toBe("self-replicating-chain");
      const page = terminalReport(result, { columns: 100, colour: false, lang: "en", verbose: true, unicode: true });
      expect(page).toContain(`${name} of the case`);
    });

    for (const name of ["manifest.json", "manifest.sha256"]) {
      it(`${name} is ${how}: nothing of it is used`, async () => {
        const path = copy();
        harm(join(path, name));
        // A digest file with something behind the digest still says the same.
        if (how === "longer" && name === "manifest.sha256") return;
        await expect(diagnosed(path)).rejects.toBeInstanceOf(Failure);
      });
    }
  }

  it("is a failure with a remedy when its manifest was written by something else", async () => {
    const path = copy();
    for (const text of ["", "null", "{}", "[]", '{"schema":"whoforks/case/2"}', "\xff", "[".repeat(100_000)]) {
      forgeManifest(path, text);
      await expect(diagnosed(path)).rejects.toBeInstanceOf(Failure);
    }
    const manifest = readFileSync(join(whole, "manifest.json"), "utf8");
    for (const name of ["/etc/passwd", "../events.bin", "files/../../x", "files/1"]) {
      forgeManifest(path, manifest.replace('"name": "run.json"', `"name": "${name}"`));
      await expect(diagnosed(path)).rejects.toThrow("unknown part");
    }
  });

  it("is no crash whatever its parts were made to say", async () => {
    const path = copy();
    for (const name of PARTS.slice(1)) {
      for (const content of ["", "null", "{}", "[[]]", "[{}]", "1", '{"__proto__":1}', "[".repeat(50_000)]) {
        forge(path, name, content);
        expect(schema.safeParse(JSON.parse(JSON.stringify(await diagnosed(path)))).error).toBeUndefined();
      }
      forge(path, name, readFileSync(join(whole, name)));
    }
    const bytes = readFileSync(join(whole, "events.bin"));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        forge(path, "events.bin", changed);
        await diagnosed(path);
      }),
      { numRuns: 30 },
    );
  });

  it("has answers that are used only if they are made as answers are", async () => {
    const path = copy();
    const answer = {
      program: ODD,
      spawner: null,
      root: "/",
      identity: null,
      restarts: [] as unknown[],
      couldNotLook: [{ code: "x", what: "what", why: "why", remedy: null }],
    };
    const codes = async (answers: unknown): Promise<string[]> => {
      forge(path, "answers.json", JSON.stringify(answers));
      return (await diagnosed(path)).couldNotLook.map((gap) => gap.code);
    };
    expect(await codes([answer])).toEqual(["x"]);
    expect(await codes([{ ...answer, program: "/other" }])).toEqual(["case.not-recorded"]);
    const deep = JSON.parse("[".repeat(100) + "]".repeat(100)) as unknown;
    for (const bad of [
      { ...answer, program: { bytes: "YQ==" } },
      { ...answer, root: { bytes: "YQ==" } },
      { ...answer, restarts: [{}] },
      { ...answer, identity: { path: ODD } },
      { ...answer, deep },
    ])
      expect(await codes([bad])).toEqual(["case.damaged-part", "case.not-recorded"]);
  });

  it("that is not complete counts rates over what it covers, and says so", async () => {
    const path = copy();
    const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")) as Record<string, unknown>;
    manifest["complete"] = false;
    manifest["problems"] = ["events.bin: ENOSPC"];
    manifest["window"] = { startEpochMs: 1.7e12, seconds: 20 };
    manifest["events"] = { kept: 30_002, dropped: 300_000 };
    forgeManifest(path, JSON.stringify(manifest));
    const result = await diagnosed(path);
    expect(result.window.seconds).toBeCloseTo(2, 1);
    expect(result.symptom.forksPerSecond).toBeGreaterThan(4900);
    expect(result.sources[0]).toMatchObject({ lost: 300_000 });
    expect(result.verdict.confidence).not.toBe("high");
    expect(result.couldNotLook.find((gap) => gap.code === "case.incomplete")?.why).toContain("ENOSPC");
  });

  it("is not taken for one without its manifest", () => {
    expect(isCase(whole)).toBe(true);
    expect([folder, join(whole, "run.json"), join(folder, "missing"), "-", "a\0b"].map(isCase)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });
});
