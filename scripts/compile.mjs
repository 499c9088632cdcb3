// Runs the program of a command, and keeps beside its script what V8 has made of it by then: usage  compile.mjs SCRIPT LOG
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepCompiled, load, scriptOf } from "../src/cli/compiled.ts";

const [, , file, log] = process.argv;
const source = readFileSync(file);
const script = scriptOf(source, file);
const run = load(script, file);
const dir = mkdtempSync(join(tmpdir(), "whoforks-build-"));
try {
  const diagnose = ["node", "whoforks", "diagnose", "-q", "--threads", "1", "--from", log];
  for (const form of [["--json"], []]) await run([...diagnose, ...form, "--output", join(dir, "report")], "");
} finally {
  rmSync(dir, { recursive: true, force: true });
}
// The log's storm is the answer, and no failure of the build.
if (process.exitCode > 1) throw new Error(`diagnose ended with ${process.exitCode}`);
process.exitCode = 0;
keepCompiled(script, source, file);
