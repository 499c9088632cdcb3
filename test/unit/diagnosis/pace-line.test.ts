import { describe, expect, it } from "vitest";
import { settingOf } from "../../../src/diagnosis/pace-setting.ts";
import { loopThatRuns } from "../../../src/diagnosis/script-loop.ts";

const lines = (text: string): string[] => text.split("\n");

describe("the setting of a pace", () => {
  it("is the one whose value is the pace that was seen, in the unit beside it", () => {
    const file = lines('# interval = 10\ntimeout = 10\n[agent]\n  flush_interval = "30s"\n  interval = "10s"\n');
    expect(settingOf(file, 10_000)).toEqual({ line: 5, text: 'interval = "10s"' });
    expect(settingOf(file, 30_400)?.line).toBe(4);
    expect(settingOf(file, 5000)).toBeNull();
  });

  it("takes a bare number for seconds or milliseconds, and reads minutes", () => {
    expect(settingOf(["PollInterval=200"], 200)?.line).toBe(1);
    expect(settingOf(["time.sleep(0.2)"], 201)?.line).toBe(1);
    expect(settingOf(["every 2 minutes"], 120_000)?.line).toBe(1);
    expect(settingOf(["every: 2m"], 2000)).toBeNull();
    expect(settingOf(["poll_port = 10050", "version 1.0.2 update"], 10_050)).toEqual({
      line: 1,
      text: "poll_port = 10050",
    });
    expect(settingOf(["version 10.0.2 update"], 10_000)).toBeNull();
  });

  it("is no match for a line that nobody wrote", () => {
    expect(settingOf(["interval".repeat(100_000) + "=10"], 10_000)).toBeNull();
  });
});

describe("the loop of a script", () => {
  const script = lines(
    "#!/bin/sh\n# while true; do date; done\nfor f in a b; do\n  echo $f\ndone\nwhile true; do\n  date +%s\n  while read x; do sed p; done < f\ndone\n",
  );

  it("is the innermost that names the program", () => {
    expect(loopThatRuns(script, ["date"])).toEqual({ line: 6, text: "while true; do" });
    expect(loopThatRuns(script, ["sed"])?.line).toBe(8);
  });

  it("is the only endless one where none names it, and none where it is not known", () => {
    expect(loopThatRuns(script, ["curl"])?.line).toBe(6);
    expect(loopThatRuns(lines("a\nb\n"), ["a"])).toBeNull();
    expect(loopThatRuns(lines("while true; do f; done\nuntil false; do g; done"), ["curl"])).toBeNull();
  });

  it("takes words at the places of commands only", () => {
    expect(loopThatRuns(lines("echo while true for done\ndate"), ["date"])).toBeNull();
    expect(loopThatRuns(lines("x=1; while :; do date; done"), ["date"])?.line).toBe(1);
    expect(loopThatRuns(lines("for ((;;)); do\n  date"), ["date"])?.line).toBe(1);
  });
});
