import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CaseWriter } from "../../../src/casefolder/case-writer.ts";
import { originOfCase } from "../../../src/cli/origin-case.ts";
import type { Identity } from "../../../src/identity/index.ts";
import { isoTime } from "../../../src/identity/file-facts.ts";
import { nsOf } from "../../../src/origin/iso.ts";
import type { Origin } from "../../../src/origin/result.ts";
import { origin as schema } from "../../../src/origin/schema.ts";
import { ODD, chain, rest } from "../../support/cases.ts";

const ATD = "/usr/bin/atd";
const identity: Identity = {
  path: ATD,
  root: "/",
  verdict: "impostor",
  owner: null,
  claims: { package: "at", path: "/usr/sbin/atd" },
  file: {
    size: 5,
    mode: "-rwxr-xr-x",
    uid: 0,
    gid: 0,
    mtime: "2017-02-20T10:00:00Z",
    ctime: "2023-11-14T22:00:12.100000001Z",
    birth: "2023-11-14T22:00:11.5Z",
    inode: 7,
    sha256: "",
    flags: [],
  },
  elf: null,
  twins: [],
  reasons: [],
  attack: [],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "whoforks-kept-"));
  writeFileSync(join(folder, "inittab"), `at:2345:respawn:${ATD}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A case of a host on which `atd` was copied into place and started, beside a storm. */
function madeCase(merged?: [string, string][]): string {
  const path = join(folder, "x.case");
  const writer = new CaseWriter(path, true);
  const exec = { type: "exec", ppid: 1, comm: "x", error: 0 } as const;
  const events = chain().events;
  for (const event of events) writer.event(event);
  const ts = events.at(-1)?.ts ?? 0;
  const argv = ["cp", "/tmp/x", ATD, "--password=hunter2"];
  writer.event({ ...exec, ts: ts + 1, pid: 50_000, exe: "/usr/bin/cp", argv });
  writer.event({ ...exec, ts: ts + 2, pid: 50_001, exe: ATD, argv: ["atd"] });
  writer.event({ ...exec, ts: ts + 3, pid: 50_002, exe: ATD, argv: ["atd"] });
  writer.event({ ...exec, ts: ts + 4, pid: 50_003, exe: ATD, argv: ["atd"], error: -13 });
  const answer = { program: ATD, spawner: null, root: "/", identity, restarts: [], couldNotLook: [] };
  writer.event({ ...exec, ts: ts + 5, pid: 50_004, exe: "/bin/atd", argv: ["atd"] });
  writer.event({ ...exec, ts: ts + 6, pid: 50_005, exe: "/usr/bin/rm", argv: ["rm", "/bin/atd"] });
  const facts = rest(folder, writer);
  const run = merged === undefined ? facts.run : { ...facts.run, mergedDirectories: merged };
  writer.finish({ ...facts, run, answers: [answer] });
  return path;
}

async function ask(path: string): Promise<Origin> {
  const origin = await originOfCase({ version: "0", from: madeCase(), path, around: 600 });
  expect(schema.safeParse(JSON.parse(JSON.stringify(origin))).error?.message).toBeUndefined();
  return origin;
}

const eventsOf = ({ events }: Origin): unknown[] => events.map(({ code, args }) => [code, Object.values(args)[0]]);

describe("origin of a case", () => {
  test("tells the times that were found then and what betrays them, who ran it, which commands and files name it", async () => {
    const origin = await ask(ATD);
    expect(origin.verdict.outcome).toBe("not-known");
    expect(origin.identity).toEqual({ verdict: "impostor", owner: null, claims: identity.claims });
    expect(origin.times.map(({ time }) => time)).toEqual([
      "2023-11-14T22:00:11.500000000Z",
      "2023-11-14T22:00:12.100000001Z",
      "2017-02-20T10:00:00Z",
    ]);
    expect(origin.signs.map(({ code }) => code)).toEqual([
      "origin.modified-before-birth",
      "origin.modified-whole-second",
    ]);
    expect(eventsOf(origin)).toEqual([
      ["origin.case-command", `cp /tmp/x ${ATD} --password=<redacted>`],
      ["origin.case-executed", 2],
      ["origin.case-names", "/inittab"],
    ]);
    expect(origin.couldNotLook.map(({ code }) => code)).toEqual(["origin.case-no-logs"]);
  });

  test("says what is not kept: of a file that no answer is about, of one that nothing names", async () => {
    const other = await ask("/inittab");
    expect(eventsOf(other)).toEqual([["origin.case-copy", "/inittab"]]);
    expect(other.couldNotLook.map(({ code }) => code)).toEqual(["origin.case-no-file", "origin.case-no-logs"]);
    rmSync(join(folder, "x.case"), { recursive: true });
    const odd = await ask(ODD);
    expect([odd.times, odd.identity, odd.verdict.code]).toEqual([[], null, "origin.not-known"]);
    rmSync(join(folder, "x.case"), { recursive: true });
    const process = await ask("/bin/x");
    expect(eventsOf(process)).toEqual([["origin.case-run-by", "x"]]);
  });

  test("names that merged directories make one file are one, where the host had them so", async () => {
    const asked = { version: "0", around: 600 };
    const merged = madeCase([
      ["/bin", "/usr/bin"],
      ["/sbin", "/usr/sbin"],
    ]);
    const [real, other] = [
      await originOfCase({ ...asked, from: merged, path: ATD }),
      await originOfCase({ ...asked, from: merged, path: "/bin/atd" }),
    ];
    expect(eventsOf(real)).toEqual([
      ["origin.case-command", `cp /tmp/x ${ATD} --password=<redacted>`],
      ["origin.case-command", "rm /bin/atd"],
      ["origin.case-executed", 3],
      ["origin.case-names", "/inittab"],
    ]);
    expect(other).toEqual({ ...real, asked: "/bin/atd" });
    expect(other.path).toBe(ATD);
    const process = await originOfCase({ ...asked, from: merged, path: "/usr/bin/x" });
    expect(eventsOf(process)).toEqual([["origin.case-run-by", "x"]]);
    expect((await originOfCase({ ...asked, from: merged, path: "/sbin/atd" })).events).toEqual([]);
    rmSync(merged, { recursive: true });
    const apart = madeCase([]);
    expect(eventsOf(await originOfCase({ ...asked, from: apart, path: "/bin/atd" }))).toEqual([
      ["origin.case-command", "rm /bin/atd"],
      ["origin.case-executed", 1],
    ]);
  });

  test("refuses what is no case, and a relative path", async () => {
    const asked = { version: "0", around: 600 };
    await expect(originOfCase({ ...asked, from: folder, path: ATD })).rejects.toThrow("is no case");
    await expect(originOfCase({ ...asked, from: folder, path: "atd" })).rejects.toThrow("is relative");
  });
});

test("times of results are read back to the nanosecond; anything else is none", () => {
  for (const ns of [0n, 1n, 1_780_000_000_123_456_789n, 1_780_000_000_000_000_000n]) expect(nsOf(isoTime(ns))).toBe(ns);
  for (const text of ["", "2026", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.1234567890Z"])
    expect(nsOf(text)).toBeNull();
});
