import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readInputs } from "../../src/formats/input.ts";
import { needsProgram } from "../support/needs.ts";
import { SAMPLE } from "../unit/formats/audit-lines.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "whoforks-others-"));
  writeFileSync(join(dir, "audit.log"), SAMPLE);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of a file with what the program prints. */
async function sent(program: string, args: string[]): Promise<{ detail: string | null; remedy: string } | undefined> {
  const { stdout } = spawnSync(program, args, { env: { ...process.env, LC_ALL: "C", TERM: "dumb" } });
  expect(stdout.length).toBeGreaterThan(100);
  const path = join(dir, "sent");
  writeFileSync(path, stdout);
  const { unusable, streams } = await readInputs([path], { sink: () => undefined });
  expect(streams).toEqual([]);
  return unusable.find(({ reason }) => reason === "unrecognised");
}

describe("what people send in place of a log is named, with what to send instead", () => {
  it.each([
    ["ps", ["aux"]],
    ["ps", ["-ef"]],
    ["ps", ["-eLf"]],
    ["ps", ["axf"]],
    ["ps", ["-el"]],
    ["ps", ["-e"]],
    ["top", ["-b", "-n", "1"]],
    ["vmstat", []],
  ])("%s %j", async (program, args) => {
    const said = await sent(program, args);
    expect(said?.detail).toContain("living processes");
    expect(said?.remedy).toContain("docs/collecting.md");
  });

  it.for([[["-x", "--summary"]], [["-p"]], [["--summary"]]])("aureport %j", async ([options], context) => {
    needsProgram(context, "aureport");
    const said = await sent("aureport", [...(options ?? []), "-if", join(dir, "audit.log")]);
    expect(said?.detail).toContain("aureport");
    expect(said?.remedy).toContain("/var/log/audit");
  });
});
