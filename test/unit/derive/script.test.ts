import { expect, it } from "vitest";
import { scriptPath, shellText } from "../../../src/model/script.ts";

it("a script's path is made absolute by the working directory of the living", () => {
  for (const [given, cwd, path] of [
    ["/opt/x.sh", null, "/opt/x.sh"],
    ["./x.sh", "/opt/job", "/opt/job/x.sh"],
    ["x.sh", "/", "/x.sh"],
    ["../../../../x.sh", "/opt/job", "/x.sh"],
    ["a//./b/../x.sh", "/opt", "/opt/a/x.sh"],
    ["x.sh", "/gone (deleted)", null],
    ["x.sh", "(unreachable)/x", null],
    ["x.sh", null, null],
    ["x.sh", undefined, null],
  ] as const)
    expect(scriptPath(given, cwd)).toBe(path);
});

it("the text of a shell is what follows its options, -c among them", () => {
  for (const [exe, argv, text] of [
    ["/bin/sh", ["sh", "-c", "a; b"], "a; b"],
    ["/bin/bash", ["bash", "-e", "-lc", "a", "x"], "a"],
    ["/bin/sh", ["sh", "x.sh", "-c", "a"], null],
    ["/bin/sh", ["sh", "-c"], null],
    ["/bin/sh", [], null],
    ["/usr/bin/python3", ["python3", "-c", "a"], null],
  ] as const)
    expect(shellText(exe, argv)).toBe(text);
});
