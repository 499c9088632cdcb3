import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { makeOriginalCaseLog } from "../../../lab/make-original-case-log.mjs";
import { whoforks } from "../../support/whoforks.ts";

const BIN = fileURLToPath(new URL("../../../bin/whoforks", import.meta.url));

function chain(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "whoforks-endless-"));
  makeOriginalCaseLog({ output: join(folder, "audit.log"), generations: 2000 });
  const bytes = readFileSync(join(folder, "audit.log"));
  rmSync(folder, { recursive: true });
  return bytes;
}

it.each([
  ["en", "self-replicating chain: /usr/bin/atd, "],
  ["zh-CN", "自我复制链: /usr/bin/atd，每秒"],
])("a log that never ends is told as it shows (%s), once, and wholly after Ctrl-C", async (lang, expected) => {
  const child = spawn(process.execPath, [BIN, "diagnose", "--from", "-", "--lang", lang], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, LANG: "C.UTF-8" },
  });
  child.stdin.on("error", () => undefined);
  let report = "";
  let early = "";
  child.stdout.on("data", (bytes: Buffer) => (report += bytes.toString()));
  const told = new Promise<void>((resolve) =>
    child.stderr.on("data", (bytes: Buffer) => {
      early += bytes.toString();
      if (early.includes(expected)) resolve();
    }),
  );
  child.stdin.write(chain());
  // Standard input stays open.
  await told;
  expect(report).toBe("");
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
  expect(early.match(/\/usr\/bin\/atd/g)).toHaveLength(1);
  expect(report).toContain("/usr/bin/atd");
});

it("a log that ends is told by its report alone", async () => {
  const { exitCode, stdout } = await whoforks(["diagnose", "--from", "-"], { input: chain() });
  expect(exitCode).toBe(1);
  expect(stdout).toContain("/usr/bin/atd");
});
