import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CaseWriter } from "../../../src/casefolder/case-writer.ts";
import { identitiesOfCase } from "../../../src/cli/identify-case.ts";
import type { Identity } from "../../../src/identity/index.ts";
import { identities as schema } from "../../../src/identity/schema.ts";
import { identitiesReport } from "../../../src/report/identities.ts";
import { chain, rest } from "../../support/cases.ts";

/** A program that a case has an answer about. */
function identity(path: string, verdict: Identity["verdict"]): Identity {
  const none = { owner: null, claims: null, file: null, elf: null };
  return { ...none, path, root: "/", verdict, twins: [], reasons: [], attack: [] };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "whoforks-identify-case-"));
  writeFileSync(join(folder, "inittab"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

function madeCase(name: string, kept: Identity[]): string {
  const path = join(folder, name);
  const writer = new CaseWriter(path, true);
  for (const event of chain().events) writer.event(event);
  const facts = rest(folder, writer);
  const answers = kept.map((one) => {
    return { program: one.path, spawner: null, root: "/", identity: one, restarts: [], couldNotLook: [] };
  });
  writer.finish({ ...facts, run: { ...facts.run, mergedDirectories: [["/bin", "/usr/bin"]] }, answers });
  return path;
}

test("what a case found out about its programs: all of them, by any name of a path, by a process", async () => {
  const kept = [identity("/usr/bin/x", "genuine"), identity("/usr/bin/evil (deleted)", "deleted")];
  const path = madeCase("x.case", kept);
  const ask = async (...texts: string[]): Promise<unknown[]> => {
    const result = await identitiesOfCase(path, texts, "0");
    expect(schema.safeParse(JSON.parse(JSON.stringify(result))).error?.message).toBeUndefined();
    return [
      ...result.identities.map((one) => [one.path, one.verdict, one.process?.pid ?? null]),
      ...result.couldNotLook.map(({ code }) => code),
    ];
  };
  expect(await ask()).toEqual([
    ["/usr/bin/x", "genuine", null],
    ["/usr/bin/evil (deleted)", "deleted", null],
  ]);
  expect(await ask("/bin/x", "/usr/bin/evil")).toEqual([
    ["/usr/bin/x", "genuine", null],
    ["/usr/bin/evil (deleted)", "deleted", null],
  ]);
  // Process 7 of the case runs /bin/x.
  expect(await ask("7")).toEqual([["/usr/bin/x", "genuine", 7]]);
  expect(await ask("8", "1", "/usr/bin/other")).toEqual([
    "identify.case-no-process",
    "identify.case-no-answer",
    "identify.case-no-answer",
  ]);
  const result = await identitiesOfCase(path, ["/bin/y"], "0");
  const text = identitiesReport(result, { colour: false, columns: 100, unicode: true, lang: "en", verbose: false });
  expect(text).toContain("the case has no answer about /bin/y");
});

test("a case without answers says so, and what is no case or no whole path is refused", async () => {
  const path = madeCase("quiet.case", []);
  const { identities, couldNotLook } = await identitiesOfCase(path, [], "0");
  expect([identities, couldNotLook.map(({ code }) => code)]).toEqual([[], ["identify.case-empty"]]);
  await expect(identitiesOfCase(path, ["atd"], "0")).rejects.toThrow("is relative");
  await expect(identitiesOfCase(folder, ["/bin/x"], "0")).rejects.toThrow("is no case");
});
