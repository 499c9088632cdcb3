import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import type { Diagnosis } from "../../../src/diagnosis/result.ts";

const BIN = fileURLToPath(new URL("../../../bin/whoforks", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "whoforks-interrupted-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** A chain of so many generations as `strace -f -ttt` has it. */
function chain(generations: number): string {
  let text = '100 1700000000.000000 execve("/usr/bin/atd", ["atd"], 0x7ffe /* 5 vars */) = 0\n';
  for (let n = 0; n < generations; n++) {
    const time = (1_700_000_000 + n * 0.002).toFixed(6);
    text += `${100 + n} ${time} clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = ${101 + n}\n`;
    text += `${100 + n} ${time} exit_group(0) = ?\n${100 + n} ${time} +++ exited with 0 +++\n`;
  }
  return text;
}

it("who interrupts the reading of logs gets the verdict so far, marked as such", async () => {
  const log = join(dir, "strace.log");
  writeFileSync(log, chain(2000));
  // A hole of 3 GB after it: reading goes on for a while.
  truncateSync(log, 3e9);
  const child = spawn(process.execPath, [BIN, "diagnose", "--from", log, "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let text = "";
  child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
  const watch = setInterval(() => {
    const io = readFileSync(`/proc/${child.pid}/io`, "latin1");
    if (!(Number(/rchar: (\d+)/.exec(io)?.[1]) > 100e6)) return;
    // Once: a second one would end it there and then.
    clearInterval(watch);
    child.kill("SIGINT");
  }, 5);
  child.on("exit", () => clearInterval(watch));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code).toBe(130);
  const { verdict, storms, couldNotLook } = JSON.parse(text) as Diagnosis;
  expect(verdict).toMatchObject({ outcome: "storm", partial: true });
  // Of the last fork nothing is seen but the call.
  expect(storms[0]).toMatchObject({ kind: "self-replicating-chain", processes: 1999 });
  const gap = couldNotLook.find((one) => one.code === "input.interrupted");
  expect(gap?.why).toMatch(/^interrupted after \d+ MB of 3000 MB$/);
}, 60_000);
