import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events as eventSchema } from "../../../src/formats/event-schema.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { jsonLine } from "../../../src/report/json.ts";
import { chain, forge, makeCase } from "../../support/cases.ts";
import { whoforks } from "../../support/whoforks.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-events-case-"));
afterAll(() => rmSync(folder, { recursive: true }));

let whole: string;
beforeAll(() => {
  writeFileSync(join(folder, "inittab"), "at:2345:respawn:/usr/bin/atd\n");
  whole = makeCase(folder, "whole");
});

describe("whoforks events of a case", () => {
  it("prints what the run saw, event for event, from the folder and from its pack", async () => {
    const { stdout, stderr, exitCode } = await whoforks(["events", "--from", whole]);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    const { events } = chain();
    expect(lines).toHaveLength(events.length);
    lines.forEach((line, index) => {
      const { ts, ...facts } = events[index] as ProcessEvent;
      const printed: unknown = JSON.parse(line);
      expect(eventSchema.safeParse(printed).error).toBeUndefined();
      expect(printed).toMatchObject({
        format: "case",
        seconds: ts / 1e9,
        event: JSON.parse(jsonLine(facts)) as object,
      });
    });
    expect(stderr).toContain(`${events.length} events from 2023-11-14T22:13:20.000Z, in 2 s`);
    expect(stderr).toContain("everything that was seen was kept");
    const packed = join(folder, "events.tar.gz");
    expect(spawnSync("tar", ["-czf", packed, "-C", folder, "whole"]).status).toBe(0);
    const again = await whoforks(["events", "--from", packed]);
    expect(again.stdout.replaceAll("events.tar.gz", "whole")).toBe(stdout);
  });

  it("filters by process, refuses what only audit records answer, and says what is damaged", async () => {
    const one = await whoforks(["events", "-q", "--from", whole, "--pid", "10000"]);
    expect(
      one.stdout
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { event: { pid: number } }).event.pid),
    ).toEqual(
      chain()
        .events.filter((event) => "pid" in event && event.pid === 10_000)
        .map(() => 10_000),
    );
    expect(one.stderr).toBe("");
    const refused = await whoforks(["events", "--from", whole, "--key", "k"]);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toContain("which is a case");
    const torn = join(folder, "torn");
    cpSync(whole, torn, { recursive: true });
    const bytes = readFileSync(join(torn, "events.bin"));
    forge(torn, "events.bin", bytes.subarray(0, bytes.length - 9));
    const partly = await whoforks(["events", "--from", torn]);
    expect(partly.exitCode).toBe(3);
    expect(partly.stderr).toContain("is damaged");
    writeFileSync(join(torn, "events.bin"), "changed");
    const gone = await whoforks(["events", "--from", torn]);
    expect(gone).toMatchObject({ exitCode: 2, stdout: "" });
    expect(gone.stderr).toContain("cannot be used");
  });
});
