import { expect, test } from "vitest";
import { scriptArgument } from "../../../src/model/script.ts";

test.each([
  ["/usr/bin/dash", ["sh", "-e", "/opt/a.sh", "-c"], "/opt/a.sh"],
  ["/usr/bin/bash", ["bash", "-lc", "make"], null],
  ["/usr/bin/python3.11", ["python3", "-u", "a.py"], "a.py"],
  ["/usr/bin/python3.11", ["python3", "-m", "http.server"], null],
  ["/usr/bin/perl", ["perl", "-e", "fork while 1"], null],
  ["/usr/bin/bash", ["-bash"], null],
  ["/usr/bin/cat", ["cat", "/opt/a.sh"], null],
  ["/usr/bin/dash", [], null],
])("%s %j runs %s", (exe, argv, script) => {
  expect(scriptArgument(exe, argv)).toBe(script);
});
